// A website: what a bucket's configuration makes of a request, step by step. Pure.
//
//     1  RedirectAllRequestsTo
//     2  the first routing rule without an error code
//     3  the object, or the index of a path that ends in a slash
//     4  it is not there: a redirect to the folder of that name, if it has an index
//     5  the first routing rule for the error's code
//     6  the error document, with the error's status; else a page of the error
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "services/gateway/aws/value.hpp"

namespace onput::gateway::s3 {

inline constexpr std::size_t routing_rules_max = 50;

struct RoutingRule {
    std::string key_prefix{};         // Empty: any key.
    std::optional<int> error_code{};  // Nothing: before the object is looked up.
    std::string protocol{};           // Each of these empty: as the request has it.
    std::string host{};
    std::optional<std::string> replace_prefix{};
    std::optional<std::string> replace_key{};
    int redirect_code = 301;
};

struct WebsiteConfiguration {
    std::string index_suffix{};
    std::string error_key{};      // Empty: none.
    std::string redirect_host{};  // RedirectAllRequestsTo; not empty: there is nothing else.
    std::string redirect_protocol{};
    std::vector<RoutingRule> rules{};
};

// What S3 refuses in a WebsiteConfiguration that fits its shape: invalid_argument and
// invalid_request in its words, malformed_xml.
Result<void> check_website(const aws::Value& document);

// Of a stored document; nothing of an empty one. corruption: it is none.
Result<std::optional<WebsiteConfiguration>> read_website(std::string_view document);

struct WebsiteRequest {
    std::string key{};  // As WebsiteAddress.
    std::string root{};
    bool lacks_slash = false;
    std::string scheme{};      // As the client reached us.
    std::string host{};        // The same, with its port; empty: it did not say.
    std::string raw_target{};  // Path and query as they were sent.
    std::string query{};       // Raw.
};

// What is known so far.
struct WebsiteLookups {
    std::optional<int> failure{};     // Why the object could not be had: a status.
    std::optional<bool> is_folder{};  // Whether it is one with an index.
};

struct WebsiteAction {
    enum class Kind : std::uint8_t {
        get,             // The object `key`.
        probe,           // Is there an object `key`?
        redirect,        // To `location`, with `status`.
        get_error_page,  // The object `key`, with the status of the failure.
        fail,            // The failure's own page.
    };
    Kind kind = Kind::fail;
    std::string key{};
    int status = 0;
    std::string location{};

    friend bool operator==(const WebsiteAction&, const WebsiteAction&) = default;
};
WebsiteAction decide(const WebsiteConfiguration& configuration, const WebsiteRequest& request,
                     const WebsiteLookups& known);

}  // namespace onput::gateway::s3
