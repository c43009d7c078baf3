#include "common/speech/phonemes.hpp"

#include <gtest/gtest.h>

namespace onput::speech {
namespace {

TEST(PhonemesTest, ipa_and_x_sampa_become_the_engines) {
    EXPECT_EQ(ipa_to_engine("pɪˈkɑːn"), "pI'kA:n");
    EXPECT_EQ(ipa_to_engine("təˈmeɪtoʊ"), "t@'meItoU");
    EXPECT_EQ(ipa_to_engine("ˈtʃɜːtʃ"), "'tS3:tS");
    EXPECT_EQ(x_sampa_to_ipa("t@\"meItoU"), "təˈmeɪtoʊ");
    EXPECT_EQ(ipa_to_engine("1"), std::nullopt);
    EXPECT_EQ(ipa_to_engine("ˈ"), std::nullopt);
    EXPECT_EQ(ipa_to_engine("]]"), std::nullopt);
    EXPECT_EQ(x_sampa_to_ipa("é"), std::nullopt);
}

}  // namespace
}  // namespace onput::speech
