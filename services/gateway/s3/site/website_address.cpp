#include "services/gateway/s3/site/website_address.hpp"

#include "common/base/encoding.hpp"
#include "common/base/text.hpp"
#include "services/gateway/http/target.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr std::string_view label = "s3-website";

// What is before ".<domain>", in lower case; empty when the host is not below it.
std::string below(std::string_view host, std::string_view domain) {
    if (domain.empty() || host.size() <= domain.size() + 1) return {};
    const std::size_t cut = host.size() - domain.size();
    if (host[cut - 1] != '.' || !equal_ignoring_case(host.substr(cut), domain)) return {};
    return lower_case(host.substr(0, cut - 1));
}

struct Parts {
    std::string_view before;
    std::string_view last;
};

// "a.b.c": "a.b" and "c".
Parts split(std::string_view name) {
    const auto dot = name.rfind('.');
    if (dot == std::string_view::npos) return {.before = {}, .last = name};
    return {.before = name.substr(0, dot), .last = name.substr(dot + 1)};
}

struct Named {
    std::string bucket;
    std::string region;
};

std::optional<Named> read_website_host(std::string_view name) {
    const auto [before, last] = split(name);
    if (before.empty()) return std::nullopt;
    if (last == label) return Named{.bucket = std::string(before), .region = {}};
    const bool names_region =
        last.starts_with(label) && last.size() > label.size() + 1 && last[label.size()] == '-';
    if (names_region) {
        return Named{.bucket = std::string(before),
                     .region = std::string(last.substr(label.size() + 1))};
    }
    const auto outer = split(before);
    if (outer.last != label || outer.before.empty()) return std::nullopt;
    return Named{.bucket = std::string(outer.before), .region = std::string(last)};
}

std::string host_of(std::string_view authority) {
    const auto parsed = http::parse_host(authority);
    return parsed ? std::string(parsed->host) : std::string();
}

std::unexpected<Error> invalid_uri() {
    return fail(ErrorCode::invalid_argument, "the path is not UTF-8 in percent-encoding",
                "invalid_uri");
}

Result<std::string> decode(std::string_view path) {
    auto key = form_decode(path);
    if (!key || !is_utf8(*key)) return invalid_uri();
    return key;
}

Result<WebsiteAddress> address_of(Named named, std::string_view path) {
    if (path.starts_with('/')) path.remove_prefix(1);
    ONPUT_TRY(auto key, decode(path));
    return WebsiteAddress{.bucket = std::move(named.bucket),
                          .region = std::move(named.region),
                          .root = {},
                          .key = std::move(key)};
}

Result<WebsiteAddress> address_of_path(std::string_view path) {
    if (path.starts_with('/')) path.remove_prefix(1);
    const auto slash = path.find('/');
    ONPUT_TRY(auto bucket, decode(path.substr(0, slash)));
    std::string root = bucket.empty() ? std::string() : "/" + percent_encode(bucket);
    if (slash == std::string_view::npos) {
        return WebsiteAddress{.bucket = std::move(bucket),
                              .region = {},
                              .root = std::move(root),
                              .key = {},
                              .lacks_slash = true};
    }
    ONPUT_TRY(auto key, decode(path.substr(slash + 1)));
    return WebsiteAddress{
        .bucket = std::move(bucket), .region = {}, .root = std::move(root), .key = std::move(key)};
}

bool is_address(std::string_view host) {
    return host.contains(':') || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

std::optional<Result<WebsiteAddress>> find_website(const WebsiteSource& source) {
    auto named = read_website_host(below(host_of(source.host), source.base_domain));
    if (!named) return std::nullopt;
    return address_of(*std::move(named), source.path);
}

Result<WebsiteAddress> find_website_on_own_port(const WebsiteSource& source) {
    if (auto found = find_website(source)) return *std::move(found);
    const std::string host = host_of(source.host);
    const bool names_nothing = is_address(host) || equal_ignoring_case(host, "localhost") ||
                               equal_ignoring_case(host, source.base_domain);
    if (names_nothing) return address_of_path(source.path);
    std::string bucket = below(host, source.base_domain);
    if (bucket.empty()) bucket = lower_case(host);
    return address_of({.bucket = std::move(bucket), .region = {}}, source.path);
}

}  // namespace onput::gateway::s3
