#include "services/tts/onnx/clauses.hpp"

#include <gtest/gtest.h>

#include "common/base/utf8.hpp"

namespace onput::tts {
namespace {

// "Yes|,| he said|.": texts and their punctuation.
std::string show(std::string_view text) {
    std::string shown;
    std::size_t end = 0;
    for (const Clause& clause : split_clauses(text)) {
        EXPECT_EQ(clause.begin, end);  // Together they are the text.
        EXPECT_LT(clause.begin, clause.end);
        end = clause.end;
        if (!shown.empty()) shown += '/';
        shown += text.substr(clause.begin, clause.end - clause.begin);
        shown += '|';
        if (clause.punctuation != 0) append_utf8(clause.punctuation, shown);
    }
    EXPECT_TRUE(shown.empty() || end == text.size());
    return shown;
}

TEST(Clauses, end_at_punctuation_before_a_space) {
    EXPECT_EQ(show("Yes, he said; look: there!"), "Yes,|,/ he said;|;/ look:|:/ there!|!");
}

TEST(Clauses, a_full_stop_counts_at_the_end_only) {
    EXPECT_EQ(show("Dr. Smith, e.g. here."), "Dr. Smith,|,/ e.g. here.|.");
    EXPECT_EQ(show("He left.\" "), "He left.\" |.");
}

TEST(Clauses, numbers_and_times_stay_whole) {
    EXPECT_EQ(show("At 7:30 pm 1,250 came, 3.5 left"), "At 7:30 pm 1,250 came,|,/ 3.5 left|");
}

TEST(Clauses, dashes_and_dots_are_pauses) {
    EXPECT_EQ(show("one \xe2\x80\x94 two - three -- four"),
              "one \xe2\x80\x94|\xe2\x80\x94/ two -|\xe2\x80\x94/ three --|\xe2\x80\x94/ four|");
    EXPECT_EQ(show("well... no"), "well...|\xe2\x80\xa6/ no|");
    EXPECT_EQ(show("well-known"), "well-known|");
}

TEST(Clauses, brackets_are_pauses_and_calls_are_not) {
    EXPECT_EQ(show("old (so to say) house"), "old (|,/so to say)|,/ house|");
    EXPECT_EQ(show("the f(x) here"), "the f(x)|,/ here|");
}

TEST(Clauses, the_strongest_of_several_marks_stays) {
    EXPECT_EQ(show("Really?!"), "Really?!|?");
    EXPECT_EQ(show("What?!... Yes"), "What?!...|?/ Yes|");
}

TEST(Clauses, phonemes_are_not_looked_into) {
    EXPECT_EQ(show("say [[h@l'oU, a]] now, please"), "say [[h@l'oU, a]] now,|,/ please|");
    EXPECT_EQ(show("say [[never, closed"), "say [[never, closed|");
}

TEST(Clauses, marks_alone_and_bytes_that_are_no_text_are_no_fault) {
    EXPECT_EQ(show(""), "");
    EXPECT_EQ(show("..."), "...|");
    EXPECT_EQ(show("\xff, \xc3"), "\xff,|,/ \xc3|");
}

TEST(Clauses, full_width_marks_need_no_space) {
    EXPECT_EQ(show("a\xef\xbc\x8c"
                   "b\xe3\x80\x82"),
              "a\xef\xbc\x8c|,/b\xe3\x80\x82|.");
}

}  // namespace
}  // namespace onput::tts
