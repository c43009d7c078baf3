#include "services/gateway/s3/site/website_page.hpp"

#include <gtest/gtest.h>

namespace onput::gateway::s3 {
namespace {

const AnswerIds ids{.request_id = "R", .host_id = "H"};

TEST(S3WebsitePage, an_error_has_the_form_of_s3) {
    const Error error{.code = ErrorCode::not_found, .message = "", .reason = "no_such_key"};
    const WebsiteAddress address{.bucket = "b", .key = "k"};
    const auto page = render_error_page({.error = error, .address = address, .ids = ids});
    EXPECT_EQ(page.head.status, 404);
    EXPECT_EQ(page.body,
              "<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1><ul>"
              "<li>Code: NoSuchKey</li><li>Message: The specified key does not exist.</li>"
              "<li>Key: k</li><li>RequestId: R</li><li>HostId: H</li></ul><hr/></body></html>");
    const auto has = [&page](std::string_view name, std::string_view value) {
        for (const auto& header : page.head.headers) {
            if (header.first == name && header.second == value) return true;
        }
        return false;
    };
    EXPECT_TRUE(has("Content-Type", "text/html; charset=utf-8"));
    EXPECT_TRUE(has("x-amz-error-code", "NoSuchKey"));
    EXPECT_TRUE(has("x-amz-error-message", "The specified key does not exist."));
    EXPECT_TRUE(has("x-amz-error-detail-Key", "k"));
}

// Those that the website's own document is sent with.
TEST(S3WebsitePage, an_error_has_headers) {
    const Error error{.code = ErrorCode::not_found, .message = "", .reason = "no_such_key"};
    const Headers expected{{"x-amz-error-code", "NoSuchKey"},
                           {"x-amz-error-message", "The specified key does not exist."},
                           {"x-amz-error-detail-Key", "k"}};
    EXPECT_EQ(headers_of_error(error, {.bucket = "b", .key = "k"}), expected);
}

TEST(S3WebsitePage, what_comes_from_outside_is_escaped) {
    const Error error{.code = ErrorCode::not_found, .message = "", .reason = "no_such_key"};
    const Error inner{
        .code = ErrorCode::permission_denied, .message = "", .reason = "access_denied"};
    const WebsiteAddress address{.bucket = "<b>", .key = "<script>alert(\"1\")</script>&'"};
    const auto page = render_error_page({.error = error,
                                         .address = address,
                                         .ids = ids,
                                         .document_error = &inner,
                                         .document_key = "<e>"});
    EXPECT_FALSE(page.body.contains("<script>")) << page.body;
    EXPECT_TRUE(page.body.contains("Key: &lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;"))
        << page.body;
    EXPECT_TRUE(page.body.contains(
        "<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3><ul>"
        "<li>Code: AccessDenied</li><li>Message: Access Denied</li></ul>"))
        << page.body;
}

TEST(S3WebsitePage, a_redirect_names_its_location_in_the_head_alone) {
    const auto page = render_redirect_page(302, "/a/?<b>", ids);
    EXPECT_EQ(page.head.status, 302);
    EXPECT_FALSE(page.body.contains("<b>"));
    EXPECT_TRUE(page.body.contains("<li>Code: Found</li><li>Message: Resource Found</li>"));
    EXPECT_EQ(page.head.headers.back(),
              std::make_pair(std::string("Location"), std::string("/a/?<b>")));
    EXPECT_EQ(render_redirect_page(304, "/", ids).body, "");
}

}  // namespace
}  // namespace onput::gateway::s3
