#include "services/gateway/s3/site/cors_rules.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "services/gateway/s3/bucket_configuration.hpp"
#include "services/gateway/s3/errors.hpp"

namespace onput::gateway::s3 {
namespace {

std::string rule(std::string_view inside) {
    return fmt::format(
        "<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin>{}</CORSRule>",
        inside);
}

// "Code: message" of the refusal of a configuration, or "".
std::string refusal_of(const std::string& rules) {
    const auto read =
        read_configuration({.kind = ConfigurationKind::cors, .bucket = "b", .id = ""},
                           fmt::format("<CORSConfiguration>{}</CORSConfiguration>", rules));
    if (read) return {};
    const auto name = name_of(read.error());
    return fmt::format("{}: {}", name.code, name.message.empty() ? read.error().message : "");
}

TEST(S3CorsRules, what_s3_refuses_is_refused_in_its_words) {
    EXPECT_EQ(refusal_of(rule("")), "");
    EXPECT_EQ(refusal_of(rule("<AllowedOrigin>http://*.a.b:80</AllowedOrigin>"
                              "<AllowedHeader>x-amz-*</AllowedHeader><ID>i</ID>"
                              "<ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>0</MaxAgeSeconds>")),
              "");
    EXPECT_EQ(refusal_of(""), "MalformedXML: ");
    EXPECT_EQ(refusal_of("<CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule>"),
              "MalformedXML: ");
    EXPECT_EQ(refusal_of("<CORSRule><AllowedOrigin>*</AllowedOrigin></CORSRule>"),
              "MalformedXML: ");
    EXPECT_EQ(refusal_of(rule("<MaxAgeSeconds>-1</MaxAgeSeconds>")), "MalformedXML: ");
    EXPECT_EQ(refusal_of(rule("<AllowedMethod>PATCH</AllowedMethod>")),
              "InvalidRequest: Found unsupported HTTP method in CORS config. Unsupported method is "
              "PATCH");
    EXPECT_EQ(refusal_of(rule("<AllowedMethod>get</AllowedMethod>")),
              "InvalidRequest: Found unsupported HTTP method in CORS config. Unsupported method is "
              "get");
    EXPECT_EQ(refusal_of(rule("<AllowedOrigin>http://*.*</AllowedOrigin>")),
              "InvalidRequest: AllowedOrigin \"http://*.*\" can not have more than one wildcard.");
    EXPECT_EQ(refusal_of(rule("<AllowedHeader>**</AllowedHeader>")),
              "InvalidRequest: AllowedHeader \"**\" can not have more than one wildcard.");
    EXPECT_EQ(refusal_of(rule("<AllowedHeader>a b</AllowedHeader>")),
              "InvalidRequest: AllowedHeader \"a b\" contains invalid character.");
    EXPECT_EQ(refusal_of(rule("<ExposeHeader>x-*</ExposeHeader>")),
              "InvalidRequest: ExposeHeader \"x-*\" contains wildcard. We currently do not support "
              "wildcard for ExposeHeader.");
    EXPECT_EQ(refusal_of(rule("<ExposeHeader>a\r\nb</ExposeHeader>")).substr(0, 15),
              "InvalidRequest:");
    EXPECT_NE(refusal_of(rule("<ID>" + std::string(256, 'i') + "</ID>")), "");
}

TEST(S3CorsRules, a_configuration_has_at_most_a_hundred_rules) {
    std::string rules;
    for (std::size_t i = 0; i < cors_rules_max; ++i) rules += rule("");
    EXPECT_EQ(refusal_of(rules), "");
    EXPECT_EQ(refusal_of(rules + rule("")),
              "InvalidRequest: The number of CORS rules should not exceed allowed limit of 100 "
              "rules.");
}

// The names of the matched headers with their values, "; " between them.
std::string shown(const std::vector<CorsRule>& rules, const CorsRequest& request) {
    const auto headers = find_cors_headers(rules, request);
    if (!headers) return "none";
    std::vector<std::string> lines;
    for (const auto& [name, value] : *headers) {
        if (name != "Vary") lines.push_back(fmt::format("{}={}", name.substr(15), value));
    }
    EXPECT_EQ(headers->back().first, "Vary");
    return fmt::format("{}", fmt::join(lines, "; "));
}

const std::vector<CorsRule> rules{
    {.origins = {"https://app.example", "http://*.example:8080"},
     .methods = {"GET", "PUT"},
     .headers = {"Content-Type", "x-amz-*"},
     .exposed_headers = {"ETag", "x-amz-version-id"},
     .max_age_seconds = 3000},
    {.origins = {"*"}, .methods = {"GET"}},
};

TEST(S3CorsRules, the_first_rule_that_fits_speaks) {
    EXPECT_EQ(shown(rules, {.origin = "https://app.example", .method = "PUT"}),
              "Allow-Origin=https://app.example; Allow-Methods=GET, PUT; "
              "Expose-Headers=ETag, x-amz-version-id; Max-Age=3000; Allow-Credentials=true");
    EXPECT_EQ(shown(rules, {.origin = "https://other.example", .method = "GET"}),
              "Allow-Origin=*; Allow-Methods=GET");
    EXPECT_EQ(shown(rules, {.origin = "null", .method = "GET"}),
              "Allow-Origin=*; Allow-Methods=GET");
    EXPECT_TRUE(shown(rules, {.origin = "https://app.example",
                              .method = "PUT",
                              .headers = {"content-type", "x-amz-meta-a"}})
                    .contains("; Allow-Headers=content-type, x-amz-meta-a; "));
}

TEST(S3CorsRules, what_no_rule_allows_has_no_headers) {
    for (const auto& request :
         {CorsRequest{.origin = "https://app.example", .method = "DELETE"},
          CorsRequest{.origin = "https://APP.example", .method = "PUT"},
          CorsRequest{.origin = "https://app.example.evil", .method = "PUT"},
          CorsRequest{.origin = "http://.example:8081", .method = "PUT"},
          CorsRequest{.origin = "http://example:8080", .method = "PUT"},
          CorsRequest{.origin = "https://app.example", .method = "PUT", .headers = {"cookie"}}}) {
        EXPECT_EQ(shown(rules, request), "none") << request.origin << request.method;
    }
    EXPECT_EQ(shown({}, {.origin = "https://app.example", .method = "GET"}), "none");
}

std::string preflight_of(std::vector<http::Header> headers) {
    http::RequestHead head;
    head.method = "OPTIONS";
    head.headers = std::move(headers);
    const auto read = read_preflight(head);
    if (read) return fmt::format("{}", fmt::join(read->headers, "|"));
    return fmt::format("{} {}", name_of(read.error()).code, read.error().message);
}

TEST(S3CorsRules, a_preflight_says_who_asks_and_for_what) {
    EXPECT_EQ(preflight_of({{"Origin", "http://a"},
                            {"Access-Control-Request-Method", "PUT"},
                            {"Access-Control-Request-Headers", "Content-Type, ,X-A"}}),
              "content-type|x-a");
    EXPECT_EQ(preflight_of({{"Access-Control-Request-Method", "PUT"}}),
              "BadRequest Insufficient information. Origin request header needed.");
    EXPECT_EQ(preflight_of({{"Origin", "http://a"}}),
              "BadRequest Invalid Access-Control-Request-Method: null");
    EXPECT_EQ(preflight_of({{"Origin", "http://a"}, {"Access-Control-Request-Method", "PATCH"}}),
              "BadRequest Invalid Access-Control-Request-Method: PATCH");
    EXPECT_EQ(preflight_of({{"Origin", "http://a"},
                            {"Access-Control-Request-Method", "PUT"},
                            {"Access-Control-Request-Headers", "a b"}}),
              "BadRequest Access-Control-Request-Headers \"a b\" contains invalid character.");
}

TEST(S3CorsRules, a_stored_document_gives_its_rules) {
    const auto document = read_configuration(
        {.kind = ConfigurationKind::cors, .bucket = "b", .id = ""},
        "<CORSConfiguration><CORSRule><AllowedOrigin>http://a</AllowedOrigin><AllowedMethod>PUT"
        "</AllowedMethod><AllowedHeader>X-A</AllowedHeader><ExposeHeader>ETag</ExposeHeader>"
        "<MaxAgeSeconds>5</MaxAgeSeconds></CORSRule></CORSConfiguration>");
    ASSERT_TRUE(document);
    EXPECT_EQ(shown(*read_cors_rules(*document),
                    {.origin = "http://a", .method = "PUT", .headers = {"x-a"}}),
              "Allow-Origin=http://a; Allow-Methods=PUT; Allow-Headers=x-a; Expose-Headers=ETag; "
              "Max-Age=5; Allow-Credentials=true");
    EXPECT_TRUE(read_cors_rules("")->empty());
    EXPECT_EQ(read_cors_rules("<CORSConfiguration>").error().code, ErrorCode::corruption);
}

TEST(S3CorsRules, rules_speak_for_what_stays_within_their_bucket) {
    const auto is_within = [](std::string_view method, std::string key, std::string_view source,
                              std::string_view query = "") {
        http::RequestHead head;
        head.method = method;
        if (!source.empty()) head.headers.push_back({"X-Amz-Copy-Source", source});
        const Address address{.bucket = "b", .key = std::move(key)};
        return is_within_bucket(head, address, *http::parse_query(query));
    };
    EXPECT_TRUE(is_within("PUT", "k", ""));
    EXPECT_TRUE(is_within("POST", "", ""));
    EXPECT_TRUE(is_within("GET", "", ""));
    EXPECT_TRUE(is_within("DELETE", "k", ""));
    EXPECT_TRUE(is_within("PUT", "k", "/b/other"));
    EXPECT_FALSE(is_within("PUT", "", "")) << "a setting of the bucket, its CORS rules perhaps";
    EXPECT_FALSE(is_within("DELETE", "", ""));
    EXPECT_FALSE(is_within("PUT", "k", "/secret/k"));
    EXPECT_FALSE(is_within("PUT", "k", "%62/../secret/k%zz"));
    EXPECT_FALSE(is_within("PUT", "k", "", "X-Amz-Copy-Source=secret/k"));
    http::RequestHead head;
    head.method = "GET";
    EXPECT_FALSE(is_within_bucket(head, Address{}, {})) << "the list of all buckets";
}

}  // namespace
}  // namespace onput::gateway::s3
