#include "services/gateway/s3/address.hpp"

#include "common/base/encoding.hpp"
#include "services/gateway/http/target.hpp"

namespace onput::gateway::s3 {
namespace {

std::string_view bucket_of_host(const AddressSource& source) {
    const auto parsed = http::parse_host(source.host);
    if (!parsed || source.base_domain.empty()) return {};
    const std::string_view host = parsed->host;
    if (host.size() <= source.base_domain.size() + 1) return {};
    const std::size_t cut = host.size() - source.base_domain.size();
    if (host[cut - 1] != '.' || !http::equal_ignoring_case(host.substr(cut), source.base_domain))
        return {};
    return host.substr(0, cut - 1);
}

}  // namespace

Result<Address> parse_address(const AddressSource& source) {
    Address address;
    std::string_view path = source.path;
    if (path.starts_with('/')) path.remove_prefix(1);
    const std::string_view from_host = bucket_of_host(source);
    if (!from_host.empty()) {
        address.bucket = from_host;
        address.is_virtual_host = true;
    } else {
        const auto slash = path.find('/');
        auto bucket = form_decode(path.substr(0, slash));
        if (!bucket || !is_utf8(*bucket)) {
            return fail(ErrorCode::invalid_argument, "the bucket is not UTF-8 in percent-encoding",
                        "invalid_uri");
        }
        address.bucket = std::move(*bucket);
        path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    }
    auto key = form_decode(path);
    if (!key || !is_utf8(*key)) {
        return fail(ErrorCode::invalid_argument, "the key is not UTF-8 in percent-encoding",
                    "invalid_uri");
    }
    address.key = std::move(*key);
    return address;
}

}  // namespace onput::gateway::s3
