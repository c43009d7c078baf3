#include "common/speech/near_languages.hpp"

#include <gtest/gtest.h>

namespace onput::speech {
namespace {

using Names = std::vector<std::string>;

const std::vector<LanguageName> languages{{"de-DE", "German"},
                                          {"en-US", "US English"},
                                          {"en-GB", "British English"},
                                          {"vi", "Vietnamese"},
                                          {"pt-BR", "Brazilian Portuguese"},
                                          {"de-de", "German again"},
                                          {"xx-long", "A language with a name that is long"}};

Names near(std::string_view wanted) {
    return near_languages(wanted, languages);
}

TEST(NearLanguages, a_name_leads_to_its_code) {
    EXPECT_EQ(near("german"), Names{"de-DE (German)"});
    EXPECT_EQ(near("Portuguese"), Names{"pt-BR (Brazilian Portuguese)"});
    EXPECT_EQ(near("vietnamse"), Names{"vi (Vietnamese)"});
}

TEST(NearLanguages, another_region_is_near) {
    EXPECT_EQ(near("en-ZZ"), (Names{"en-US (US English)", "en-GB (British English)"}));
    EXPECT_EQ(near("de_CH"), Names{"de-DE (German)"});
}

TEST(NearLanguages, something_is_always_named) {
    EXPECT_EQ(near("q").size(), 1U);
    EXPECT_EQ(near("").size(), 1U);
    EXPECT_GE(near(std::string(100'000, 'x')).size(), 1U);
    EXPECT_TRUE(near_languages("de", {}).empty());
}

TEST(NearLanguages, no_more_than_a_few_are_named) {
    std::vector<LanguageName> many;
    for (char region = 'A'; region <= 'Z'; ++region)
        many.push_back({std::string("en-") + region, "English"});
    EXPECT_EQ(near_languages("en", many).size(), near_languages_max);
}

}  // namespace
}  // namespace onput::speech
