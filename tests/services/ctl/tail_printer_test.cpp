#include "services/ctl/tail_printer.hpp"

#include <gtest/gtest.h>

namespace onput::ctl {
namespace {

schema::JournalRecord record_of(std::string type) {
    schema::JournalRecord record;
    record.sequence = 42;
    record.time = *parse_iso8601("2026-01-31T12:00:00.250Z");
    record.type = std::move(type);
    return record;
}

schema::ObjectEvent upload(std::string key) {
    schema::ObjectEvent event;
    event.event_name = "ObjectCreated:Put";
    event.bucket = "inbox";
    event.key = std::move(key);
    event.size_bytes = 5;
    return event;
}

std::string line_with(const TailLook& look, const RecordBody& body) {
    const auto printer = TailPrinter::make(look);
    EXPECT_TRUE(printer) << printer.error().message;
    return printer->line(record_of("s3.ObjectCreated.Put"), body);
}

std::string refusal_of(const TailLook& look) {
    const auto printer = TailPrinter::make(look);
    return printer ? "" : printer.error().message;
}

TEST(TailPrinter, a_template_has_fields_and_braces) {
    EXPECT_EQ(line_with({.text_template = "{sequence} {type} {{{bucket}/{key}}} {size}"},
                        upload("a.txt")),
              "42 s3.ObjectCreated.Put {inbox/a.txt} 5");
    EXPECT_EQ(line_with({.format = "template", .text_template = "[{status}] {subject}"},
                        schema::JobFailed{.message_id = "m"}),
              "[failed] message m");
}

TEST(TailPrinter, what_a_template_cannot_say_is_refused) {
    EXPECT_EQ(refusal_of({.text_template = "{keys}"}),
              "--template has no field 'keys'; there are " + template_fields());
    EXPECT_EQ(refusal_of({.text_template = "{key"}),
              "--template has a '{' alone at 1; two of them are one");
    EXPECT_EQ(refusal_of({.text_template = "key}"}),
              "--template has a '}' alone at 4; two of them are one");
    EXPECT_EQ(refusal_of({.format = "template"}),
              "-o template needs --template, as in '{time} {type} {bucket}/{key}'");
    EXPECT_EQ(refusal_of({.format = "json", .text_template = "{key}"}),
              "--template is for -o template, not for json");
}

TEST(TailPrinter, control_characters_of_keys_are_escaped_in_every_form) {
    const auto event = upload("a\033[2J\n.txt");
    for (const TailLook& look :
         {TailLook{}, TailLook{.columns = 80}, TailLook{.format = "json"},
          TailLook{.format = "cloudevent"}, TailLook{.text_template = "{key} {subject}"}}) {
        const std::string line = line_with(look, event);
        EXPECT_EQ(line.find('\033'), std::string::npos) << line;
        EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    }
}

TEST(TailPrinter, a_line_fits_a_terminal_of_eighty_columns) {
    const auto event = upload(std::string(300, 'k') + ".txt");
    const std::string line = line_with({.columns = 80}, event);
    EXPECT_LE(line.size(), 80U) << line;
    EXPECT_TRUE(line.starts_with("12:00:00.250  s3.ObjectCreated.Put")) << line;
    EXPECT_NE(line.find(".txt"), std::string::npos) << line;
    EXPECT_GT(line_with({}, event).size(), 300U);
}

}  // namespace
}  // namespace onput::ctl
