#include "services/gateway/s3/site/website_rules.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/gateway/s3/bucket_configuration.hpp"
#include "services/gateway/s3/errors.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr std::string_view index_document =
    "<IndexDocument><Suffix>index.html</Suffix></IndexDocument>";

std::string website(std::string_view inside) {
    return fmt::format("<WebsiteConfiguration>{}</WebsiteConfiguration>", inside);
}

std::string indexed(std::string_view more) {
    return fmt::format("{}{}", index_document, more);
}

std::string rules_of(std::string_view inside) {
    return indexed(fmt::format("<RoutingRules>{}</RoutingRules>", inside));
}

std::string rule(std::string_view condition, std::string_view redirect) {
    return fmt::format("<RoutingRule>{}<Redirect>{}</Redirect></RoutingRule>",
                       condition.empty() ? "" : fmt::format("<Condition>{}</Condition>", condition),
                       redirect);
}

Result<std::string> stored(const std::string& inside) {
    return read_configuration({.kind = ConfigurationKind::website, .bucket = "b", .id = ""},
                              website(inside));
}

std::string refusal_of(const std::string& inside) {
    const auto read = stored(inside);
    if (read) return {};
    const auto name = name_of(read.error());
    return fmt::format("{}: {}", name.code, name.message.empty() ? read.error().message : "");
}

TEST(S3WebsiteRules, what_s3_refuses_is_refused_in_its_words) {
    struct Case {
        std::string inside;
        std::string_view refusal;
    };
    const std::vector<Case> cases{
        {std::string(index_document), ""},
        {"<RedirectAllRequestsTo><HostName>a.b</HostName></RedirectAllRequestsTo>", ""},
        {"",
         "InvalidArgument: A value for IndexDocument Suffix must be provided if "
         "RedirectAllRequestsTo is empty"},
        {"<ErrorDocument><Key>e</Key></ErrorDocument>",
         "InvalidArgument: A value for IndexDocument Suffix must be provided if "
         "RedirectAllRequestsTo is empty"},
        {"<IndexDocument><Suffix/></IndexDocument>",
         "InvalidArgument: The IndexDocument Suffix is not well formed"},
        {"<IndexDocument><Suffix>a/b</Suffix></IndexDocument>",
         "InvalidArgument: The IndexDocument Suffix is not well formed"},
        {"<IndexDocument/>", "MalformedXML: "},
        {indexed("<ErrorDocument><Key/></ErrorDocument>"),
         "InvalidArgument: The ErrorDocument Key is not well formed"},
        {indexed("<RedirectAllRequestsTo><HostName>a</HostName></RedirectAllRequestsTo>"),
         "InvalidRequest: RedirectAllRequestsTo cannot be provided in conjunction with other "
         "Routing Rules."},
        {"<RedirectAllRequestsTo><HostName/></RedirectAllRequestsTo>",
         "InvalidRequest: A host name must be provided to redirect all requests (e.g. "
         "\"example.com\")."},
        {"<RedirectAllRequestsTo><HostName>a</HostName><Protocol>ftp</Protocol>"
         "</RedirectAllRequestsTo>",
         "InvalidRequest: Invalid protocol, protocol can be http or https. If not defined the "
         "protocol will be selected automatically."},
        {rules_of(""), "MalformedXML: "},
        {rules_of(rule("", "")), "MalformedXML: "},
        {rules_of("<RoutingRule><Condition/><Redirect><HostName>a</HostName></Redirect>"
                  "</RoutingRule>"),
         "InvalidRequest: Condition cannot be empty. To redirect all requests without a condition, "
         "the condition element shouldn't be present."},
        {rules_of(rule("",
                       "<ReplaceKeyWith>a</ReplaceKeyWith>"
                       "<ReplaceKeyPrefixWith>b</ReplaceKeyPrefixWith>")),
         "InvalidRequest: You can only define ReplaceKeyPrefix or ReplaceKey but not both."},
        {rules_of(rule("", "<HttpRedirectCode>300</HttpRedirectCode>")),
         "InvalidRequest: The provided HTTP redirect code (300) is not valid. Valid codes are 3XX "
         "except 300."},
        {rules_of(rule("<HttpErrorCodeReturnedEquals>399</HttpErrorCodeReturnedEquals>",
                       "<HostName>a</HostName>")),
         "InvalidRequest: The provided HTTP error code (399) is not valid. Valid codes are 4XX or "
         "5XX."},
        {rules_of(rule("<HttpErrorCodeReturnedEquals>x</HttpErrorCodeReturnedEquals>",
                       "<HostName>a</HostName>")),
         "InvalidRequest: The provided HTTP error code (x) is not valid. Valid codes are 4XX or "
         "5XX."},
    };
    for (const auto& [inside, refusal] : cases) EXPECT_EQ(refusal_of(inside), refusal) << inside;
}

TEST(S3WebsiteRules, a_website_has_at_most_fifty_rules) {
    std::string rules;
    for (std::size_t i = 0; i < routing_rules_max; ++i) rules += rule("", "<HostName>a</HostName>");
    EXPECT_EQ(refusal_of(rules_of(rules)), "");
    EXPECT_EQ(refusal_of(rules_of(rules + rule("", "<HostName>a</HostName>"))),
              "InvalidRequest: 51 routing rules provided, the number of routing rules in a website "
              "configuration is limited to 50.");
}

// The action in one line.
std::string shown(const WebsiteAction& action) {
    using enum WebsiteAction::Kind;
    switch (action.kind) {
        case get: return "get " + action.key;
        case probe: return "probe " + action.key;
        case redirect: return fmt::format("{} {}", action.status, action.location);
        case get_error_page: return fmt::format("{} page {}", action.status, action.key);
        case fail: return fmt::format("{}", action.status);
    }
    return {};
}

struct Case {
    std::string key;
    WebsiteLookups known{};
    std::string action;
    std::string query{};
    std::string root{};
};

void expect_actions(const std::string& inside, const std::vector<Case>& cases) {
    const auto document = stored(inside);
    ASSERT_TRUE(document) << document.error().message;
    const auto configuration = read_website(*document);
    ASSERT_TRUE(configuration && *configuration);
    for (const auto& one : cases) {
        const WebsiteRequest request{
            .key = one.key,
            .root = one.root,
            .scheme = "http",
            .host = "site:4566",
            .raw_target = "/" + one.key + (one.query.empty() ? "" : "?" + one.query),
            .query = one.query};
        EXPECT_EQ(shown(decide(**configuration, request, one.known)), one.action) << one.key;
    }
}

TEST(S3WebsiteRules, documents_folders_and_errors) {
    const WebsiteLookups missing{.failure = 404};
    const WebsiteLookups nowhere{.failure = 404, .is_folder = false};
    const WebsiteLookups folder{.failure = 404, .is_folder = true};
    expect_actions(
        std::string(index_document) + "<ErrorDocument><Key>error.html</Key></ErrorDocument>",
        {{"", {}, "get index.html"},
         {"a/", {}, "get a/index.html"},
         {"a", {}, "get a"},
         {"a", missing, "probe a/index.html"},
         {"a", {.failure = 403}, "probe a/index.html"},
         {"a", folder, "302 /a/"},
         {"a", folder, "302 /a/?q=1", "q=1"},
         {"a", folder, "302 /b/a/", "", "/b"},
         {"a b/ä\"<", folder, "302 /a%20b/%C3%A4%22%3C/"},
         {"/evil.example", folder, "302 /%2Fevil.example/"},
         {"a", nowhere, "404 page error.html"},
         {"a/", missing, "404 page error.html"},
         {"", {.failure = 403}, "403 page error.html"},
         {"a", {.failure = 416}, "416 page error.html"},
         {"a", {.failure = 503}, "503"}});
    expect_actions(std::string(index_document), {{"a", nowhere, "404"}});
}

TEST(S3WebsiteRules, a_fragment_comes_behind_the_query) {
    expect_actions(std::string(index_document) +
                       "<RoutingRules><RoutingRule><Redirect>"
                       "<ReplaceKeyPrefixWith>#!/</ReplaceKeyPrefixWith>"
                       "</Redirect></RoutingRule></RoutingRules>",
                   {{"page", {}, "301 /#!/page"}, {"page", {}, "301 /?q=1#!/page", "q=1"}});
}

TEST(S3WebsiteRules, all_requests_are_redirected_with_path_and_query) {
    expect_actions("<RedirectAllRequestsTo><HostName>www.a</HostName></RedirectAllRequestsTo>",
                   {{"k/a%20b", {}, "301 http://www.a/k/a%20b?x=%2F", "x=%2F"}});
    expect_actions(
        "<RedirectAllRequestsTo><HostName>www.a</HostName><Protocol>https</Protocol>"
        "</RedirectAllRequestsTo>",
        {{"", {}, "301 https://www.a/"}});
}

TEST(S3WebsiteRules, the_first_routing_rule_that_fits_redirects) {
    const WebsiteLookups missing{.failure = 404, .is_folder = false};
    const std::string prefix = "<KeyPrefixEquals>docs/</KeyPrefixEquals>";
    const std::string error = "<HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>";
    expect_actions(
        rules_of(rule(prefix, "<ReplaceKeyPrefixWith>documents/</ReplaceKeyPrefixWith>") +
                 rule("<KeyPrefixEquals>old</KeyPrefixEquals>",
                      "<ReplaceKeyWith>new.html</ReplaceKeyWith>"
                      "<HttpRedirectCode>307</HttpRedirectCode>") +
                 rule("<KeyPrefixEquals>out/</KeyPrefixEquals>",
                      "<HostName>other.example</HostName><Protocol>https</Protocol>") +
                 rule("<KeyPrefixEquals>tls</KeyPrefixEquals>", "<Protocol>https</Protocol>") +
                 rule("<KeyPrefixEquals>app/</KeyPrefixEquals>" + error,
                      "<ReplaceKeyPrefixWith>#!/</ReplaceKeyPrefixWith>") +
                 rule(error, "<HostName>archive.example</HostName>")),
        {{"docs/a b", {}, "301 /documents/a%20b"},
         {"docs/a", {}, "301 /b/documents/a", "", "/b"},
         {"old/x", {}, "307 /new.html?q", "q"},
         {"out/x", {}, "301 https://other.example/out/x"},
         {"tls/x", {}, "301 https://site:4566/tls/x"},
         {"app/x", {}, "get app/x"},
         {"app/x", missing, "301 /#!/x"},
         {"x", missing, "301 http://archive.example/x"},
         {"x", {.failure = 403, .is_folder = false}, "403"},
         {"x", {}, "get x"}});
    expect_actions(rules_of(rule("", "<HostName>all.example</HostName>")),
                   {{"x", {}, "301 http://all.example/x"}});
}

TEST(S3WebsiteRules, a_bucket_by_path_is_asked_for_with_its_slash) {
    const auto document = stored(std::string(index_document));
    const auto configuration = read_website(*document);
    const WebsiteRequest request{.root = "/b", .lacks_slash = true, .query = "q"};
    EXPECT_EQ(shown(decide(**configuration, request, {})), "302 /b/?q");
}

}  // namespace
}  // namespace onput::gateway::s3
