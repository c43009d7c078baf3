#include "services/queue/commands/lexicons.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/services/queue/station.hpp"

namespace onput::queue {
namespace {

schema::PutLexicon putting(const std::string& name, const std::string& content = "<lexicon/>") {
    schema::PutLexicon request;
    request.lexicon.lexicon = {.name = name, .content = content};
    request.lexicon.alphabet = "ipa";
    request.lexicon.language_code = "en-US";
    request.lexicon.lexemes = 2;
    return request;
}

class LexiconsTest : public testing::Test {
protected:
    std::vector<std::string> names(const Caller& from) {
        std::vector<std::string> all;
        const auto list = station.ask(schema::ListLexicons{}, from);
        for (const auto& one : list->lexicons) all.push_back(one.lexicon.name);
        return all;
    }
    Caller caller(const std::string& account, const std::string& region = {}) {
        Caller from = station.caller(account);
        from.principal.region = region;
        return from;
    }

    Station station;
};

TEST_F(LexiconsTest, is_kept_as_it_was_put_across_a_restart) {
    ASSERT_TRUE(station.ask(putting("w3c", "<lexicon>a</lexicon>")));
    station.restart();
    const auto got = station.ask(schema::GetLexicon{.name = "w3c"});
    ASSERT_TRUE(got);
    EXPECT_EQ(got->lexicon.content, "<lexicon>a</lexicon>");
    EXPECT_EQ(got->arn, "arn:aws:polly:us-east-1:000000000000:lexicon/w3c");
    EXPECT_EQ(got->modified_at, station.now);
    ASSERT_TRUE(station.ask(putting("w3c", "<lexicon>b</lexicon>")));
    EXPECT_EQ(station.ask(schema::GetLexicon{.name = "w3c"})->lexicon.content,
              "<lexicon>b</lexicon>");
}

TEST_F(LexiconsTest, are_of_one_account_and_region) {
    const auto here = caller(test_account, "eu-west-1");
    ASSERT_TRUE(station.ask(putting("b"), here));
    ASSERT_TRUE(station.ask(putting("a"), here));
    EXPECT_EQ(names(here), (std::vector<std::string>{"a", "b"}));
    EXPECT_TRUE(names(caller(test_account, "us-east-1")).empty());
    EXPECT_TRUE(names(caller("111111111111", "eu-west-1")).empty());
    const auto elsewhere = station.ask(schema::GetLexicon{.name = "a"}, caller("111111111111"));
    EXPECT_EQ(elsewhere.error().reason, "LexiconNotFoundException");
}

TEST_F(LexiconsTest, lists_leave_the_contents_out) {
    ASSERT_TRUE(station.ask(putting("a")));
    const auto list = station.ask(schema::ListLexicons{});
    ASSERT_EQ(list->lexicons.size(), 1U);
    EXPECT_EQ(list->lexicons[0].lexicon.content, "");
    EXPECT_EQ(list->lexicons[0].lexemes, 2U);
}

TEST_F(LexiconsTest, a_deleted_one_is_gone) {
    ASSERT_TRUE(station.ask(putting("a")));
    ASSERT_TRUE(station.ask(schema::DeleteLexicon{.name = "a"}));
    EXPECT_EQ(station.ask(schema::DeleteLexicon{.name = "a"}).error().reason,
              "LexiconNotFoundException");
    EXPECT_EQ(station.ask(schema::GetLexicon{.name = "a"}).error().reason,
              "LexiconNotFoundException");
}

TEST_F(LexiconsTest, names_are_letters_and_digits) {
    for (const auto* name : {"", "a-b", "a/b", "123456789012345678901", "é"}) {
        EXPECT_EQ(station.ask(putting(name)).error().reason, "ValidationException") << name;
        EXPECT_EQ(station.ask(schema::GetLexicon{.name = name}).error().reason,
                  "LexiconNotFoundException");
    }
}

TEST_F(LexiconsTest, a_hundred_of_a_region_and_the_others_go_on) {
    for (std::size_t i = 0; i < lexicons_per_region_max; ++i)
        ASSERT_TRUE(station.ask(putting(fmt::format("l{}", i))));
    EXPECT_EQ(station.ask(putting("more")).error().reason, "MaxLexiconsNumberExceededException");
    EXPECT_TRUE(station.ask(putting("l1"))) << "one that is there is replaced";
    EXPECT_TRUE(station.ask(putting("more"), caller(test_account, "eu-west-1")));
}

}  // namespace
}  // namespace onput::queue
