#include "services/gateway/s3/site/website_page.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "services/gateway/aws/xml_writer.hpp"

namespace onput::gateway::s3 {
namespace {

using Items = std::vector<std::pair<std::string, std::string>>;

void write_items(aws::XmlWriter& html, const Items& items) {
    html.begin("ul");
    for (const auto& [name, value] : items) html.text("li", fmt::format("{}: {}", name, value));
    html.end("ul");
}

std::string message_of(const ErrorName& name, const Error& error) {
    return name.message.empty() ? error.message : std::string(name.message);
}

// What an error is about, if that is the bucket or a key.
void add_subject(const ErrorName& name, std::string_view bucket, std::string_view key,
                 Items& items) {
    if (name.code == "NoSuchKey") items.emplace_back("Key", key);
    if (name.code == "NoSuchBucket" || name.code == "NoSuchWebsiteConfiguration")
        items.emplace_back("BucketName", bucket);
}

Items items_of(const Error& error, const WebsiteAddress& address) {
    const ErrorName name = name_of(error);
    Items items{{"Code", std::string(name.code)}, {"Message", message_of(name, error)}};
    add_subject(name, address.bucket, address.key, items);
    for (const auto& [element, value] : error.details) {
        if (element == "Method" || element == "ResourceType" || element == "Endpoint")
            items.emplace_back(element, value);
    }
    return items;
}

struct Page {
    int status = 0;
    Items items;
    Items document_items{};  // Of the error document's own error.
};

std::string render(const Page& page) {
    aws::XmlWriter html(aws::XmlWriter::Controls::replaced);
    const std::string title = fmt::format("{} {}", page.status, http::status_text(page.status));
    html.begin("html");
    html.begin("head");
    html.text("title", title);
    html.end("head");
    html.begin("body");
    html.text("h1", title);
    write_items(html, page.items);
    if (!page.document_items.empty()) {
        html.text("h3", "An Error Occurred While Attempting to Retrieve a Custom Error Document");
        write_items(html, page.document_items);
    }
    html.empty("hr");
    html.end("body");
    html.end("html");
    std::string text = html.take();
    // The writer begins as XML does.
    const auto begin = text.find("<html>");
    return text.substr(begin == std::string::npos ? 0 : begin);
}

http::ResponseHead head_of(int status, const AnswerIds& ids) {
    return {.status = status,
            .headers = {{"x-amz-request-id", ids.request_id},
                        {"x-amz-id-2", ids.host_id},
                        {"Server", "Onput"},
                        {"Content-Type", "text/html; charset=utf-8"}}};
}

void add_ids(const AnswerIds& ids, Items& items) {
    items.emplace_back("RequestId", ids.request_id);
    items.emplace_back("HostId", ids.host_id);
}

}  // namespace

Headers headers_of_error(const Error& error, const WebsiteAddress& address) {
    Headers headers;
    for (const auto& [item, value] : items_of(error, address)) {
        const bool is_detail = item != "Code" && item != "Message";
        headers.emplace_back(fmt::format("x-amz-error-{}", is_detail        ? "detail-" + item
                                                           : item == "Code" ? "code"
                                                                            : "message"),
                             value);
    }
    return headers;
}

http::Response render_error_page(const ErrorPage& page) {
    const ErrorName name = name_of(page.error);
    http::Response response{.head = head_of(name.status, page.ids)};
    Page shown{.status = name.status, .items = items_of(page.error, page.address)};
    for (const auto& [element, value] : page.error.details) {
        const bool is_header = element.starts_with("x-amz-") || element == "Allow";
        if (is_header) response.head.headers.emplace_back(element, value);
    }
    auto headers = headers_of_error(page.error, page.address);
    std::ranges::move(headers, std::back_inserter(response.head.headers));
    add_ids(page.ids, shown.items);
    if (page.document_error != nullptr) {
        const ErrorName inner = name_of(*page.document_error);
        shown.document_items = {{"Code", std::string(inner.code)},
                                {"Message", message_of(inner, *page.document_error)}};
        add_subject(inner, page.address.bucket, page.document_key, shown.document_items);
    }
    response.body = render(shown);
    return response;
}

http::Response render_redirect_page(int status, std::string location, const AnswerIds& ids) {
    const std::string_view text = http::status_text(status);
    http::Response response{.head = head_of(status, ids)};
    response.head.headers.emplace_back("Location", std::move(location));
    Page shown{.status = status,
               .items = {{"Code", std::string(text)},
                         {"Message", status == 302 ? "Resource Found" : std::string(text)}}};
    add_ids(ids, shown.items);
    if (http::status_has_body(status)) response.body = render(shown);
    return response;
}

}  // namespace onput::gateway::s3
