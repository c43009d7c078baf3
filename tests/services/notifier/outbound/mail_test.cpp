#include "services/notifier/outbound/mail.hpp"

#include <gtest/gtest.h>

#include "common/base/encoding.hpp"

namespace onput::notifier {
namespace {

MailParts parts() {
    return {.from_name = "",
            .from = "onput@example.com",
            .to = "ada@example.org",
            .subject = "Speech is ready",
            .message_id = "8c5a4c5e@example.com",
            .date = *parse_iso8601("2026-11-21T10:15:30.123Z"),
            .headers = {{"List-Unsubscribe", "<http://example.com/>"}},
            .body = "one\ntwo"};
}

// What a reader of mail makes of encoded words.
std::string decode_words(std::string_view text) {
    std::string decoded;
    while (!text.empty()) {
        if (text.starts_with("\r\n ")) text.remove_prefix(3);
        EXPECT_TRUE(text.starts_with("=?UTF-8?B?")) << text;
        const std::size_t end = text.find("?=", 10);
        EXPECT_NE(end, std::string_view::npos);
        EXPECT_LE(end + 2, 75U);
        const std::string word = *from_base64(text.substr(10, end - 10));
        EXPECT_TRUE(is_utf8(word));
        decoded += word;
        text.remove_prefix(end + 2);
    }
    return decoded;
}

std::string decode_quoted_printable(std::string_view text) {
    std::string decoded;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '=') {
            decoded += text[at];
        } else if (text.substr(at, 3) == "=\r\n") {
            at += 2;
        } else {
            decoded += *from_hex(text.substr(at + 1, 2));
            at += 2;
        }
    }
    return decoded;
}

TEST(Mail, a_mail_is_headers_an_empty_line_and_a_body) {
    EXPECT_EQ(format_mail(parts()),
              "From: <onput@example.com>\r\n"
              "To: <ada@example.org>\r\n"
              "Subject: Speech is ready\r\n"
              "Date: Sat, 21 Nov 2026 10:15:30 +0000\r\n"
              "Message-ID: <8c5a4c5e@example.com>\r\n"
              "Auto-Submitted: auto-generated\r\n"
              "List-Unsubscribe: <http://example.com/>\r\n"
              "MIME-Version: 1.0\r\n"
              "Content-Type: text/plain; charset=utf-8\r\n"
              "Content-Transfer-Encoding: quoted-printable\r\n"
              "\r\n"
              "one\r\ntwo\r\n");
}

TEST(Mail, a_sender_may_have_a_name) {
    MailParts mail = parts();
    mail.from_name = R"(Media "A" \ B)";
    EXPECT_TRUE(
        format_mail(mail)->starts_with("From: \"Media \\\"A\\\" \\\\ B\" <onput@example.com>\r\n"));
    mail.from_name = "Bücher";
    EXPECT_TRUE(
        format_mail(mail)->starts_with("From: =?UTF-8?B?QsO8Y2hlcg==?= <onput@example.com>\r\n"));
}

TEST(Mail, no_part_can_add_a_header_or_a_recipient) {
    MailParts mail = parts();
    mail.from_name = "a\r\nBcc: x@y";
    mail.subject = "b\r\nBcc: x@y\r\n\r\nbody";
    mail.message_id = "c\r\nBcc: x@y";
    mail.headers = {{"X-A", "d\r\nBcc: x@y"}};
    const std::string text = *format_mail(mail);
    EXPECT_EQ(text.find("\nBcc"), std::string::npos);
    EXPECT_EQ(text.find("\r\n\r\n"), text.find("\r\n\r\none"));

    for (const char* address :
         {"a@b\r\nRCPT TO:<c@d>", "a@b>,<c@d", "a@b,c@d", "\"a b\"@c", "a b@c", "a@b@c", "@b", "a@",
          "a@.b", "a@b.", "a@-b", "a", "", "ä@b", "a@b c"}) {
        mail.to = address;
        EXPECT_FALSE(format_mail(mail)) << address;
    }
    mail = parts();
    mail.from = "a@b>";
    EXPECT_EQ(format_mail(mail).error().code, ErrorCode::invalid_argument);
}

TEST(Mail, an_address_has_at_most_254_bytes_and_64_before_the_at) {
    EXPECT_TRUE(is_mail_address(std::string(64, 'a') + "@b"));
    EXPECT_FALSE(is_mail_address(std::string(65, 'a') + "@b"));
    EXPECT_TRUE(is_mail_address("a@" + std::string(252, 'b')));
    EXPECT_FALSE(is_mail_address("a@" + std::string(253, 'b')));
    EXPECT_TRUE(is_mail_address("o'neil+tag@mail-1.example.com"));
}

TEST(Mail, a_subject_that_is_not_plain_becomes_encoded_words_of_whole_characters) {
    EXPECT_EQ(encode_header_text("Speech: ready!"), "Speech: ready!");
    std::string text;
    for (int i = 0; i < 60; ++i) text += i % 2 == 0 ? "é" : "\xF0\x9F\x93\xB7";
    EXPECT_EQ(decode_words(encode_header_text(text)), text);
    const std::string fake = "=?UTF-8?B?QsO8Y2hlcg==?=";
    EXPECT_EQ(decode_words(encode_header_text(fake)), fake);
    const std::string long_text(2000, 'x');
    EXPECT_EQ(decode_words(encode_header_text(long_text)), long_text);
}

TEST(Mail, bytes_that_are_no_text_end_in_a_header_all_the_same) {
    EXPECT_FALSE(encode_header_text(std::string(500, '\x80')).empty());
}

TEST(Mail, a_body_comes_back_whole_in_short_lines) {
    std::string body = "trailing blank \nand tab\t\n=3D is not code\n.\n\nlast ";
    for (int i = 0; i < 256; ++i) body += static_cast<char>(i);
    body += std::string(1000, 'y') + "é";
    const std::string encoded = encode_quoted_printable(body);
    std::size_t start = 0;
    while (start < encoded.size()) {
        const std::size_t end = std::min(encoded.find("\r\n", start), encoded.size());
        ASSERT_LE(end - start, 76U);
        ASSERT_NE(end > start ? encoded[end - 1] : 'x', ' ');
        ASSERT_NE(end > start ? encoded[end - 1] : 'x', '\t');
        start = end + 2;
    }
    std::string expected;
    for (const char c : body) expected += c == '\n' ? std::string("\r\n") : std::string(1, c);
    EXPECT_EQ(decode_quoted_printable(encoded), expected);
}

}  // namespace
}  // namespace onput::notifier
