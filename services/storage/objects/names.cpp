#include "services/storage/objects/names.hpp"

#include <algorithm>
#include <array>

#include "common/base/encoding.hpp"

namespace onput::storage {
namespace {

constexpr std::size_t bucket_bytes_min = 3;
constexpr std::size_t bucket_bytes_max = 63;
constexpr std::size_t region_bytes_max = 32;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || is_digit(c);
}

// "192.168.5.4": four groups of digits. A virtual-host request could not tell it from an address.
bool looks_like_an_address(std::string_view name) {
    return std::ranges::count(name, '.') == 3 &&
           std::ranges::all_of(name, [](char c) { return is_digit(c) || c == '.'; });
}

bool is_reserved(std::string_view name) {
    static constexpr std::array<std::string_view, 3> prefixes{"xn--", "sthree-", "amzn-s3-demo-"};
    static constexpr std::array<std::string_view, 5> suffixes{"-s3alias", "--ol-s3", ".mrap",
                                                              "--x-s3", "--table-s3"};
    return std::ranges::any_of(prefixes, [&](auto text) { return name.starts_with(text); }) ||
           std::ranges::any_of(suffixes, [&](auto text) { return name.ends_with(text); });
}

bool is_bucket_name(std::string_view name) {
    if (name.size() < bucket_bytes_min || name.size() > bucket_bytes_max) return false;
    const auto is_allowed = [](char c) { return is_letter_or_digit(c) || c == '-' || c == '.'; };
    return std::ranges::all_of(name, is_allowed) && is_letter_or_digit(name.front()) &&
           is_letter_or_digit(name.back()) && !name.contains("..") &&
           !looks_like_an_address(name) && !is_reserved(name);
}

std::unexpected<Error> refuse(std::string message, std::string reason = "invalid_argument") {
    return fail(ErrorCode::invalid_argument, std::move(message), std::move(reason));
}

std::size_t bytes_of(const std::map<std::string, std::string>& texts) {
    std::size_t bytes = 0;
    for (const auto& [name, value] : texts) bytes += name.size() + value.size();
    return bytes;
}

Result<void> check_short(std::string_view what, std::string_view text) {
    if (text.size() <= short_text_bytes_max) return {};
    return refuse("the " + std::string(what) + " is longer than 256 bytes");
}

Result<void> check_checksums(const std::vector<schema::Checksum>& checksums) {
    if (checksums.size() > checksums_max) return refuse("more than 8 checksums of one object");
    for (const auto& checksum : checksums) {
        ONPUT_TRY_VOID(check_short("checksum algorithm", checksum.algorithm));
        ONPUT_TRY_VOID(check_short("checksum", checksum.value));
    }
    return {};
}

}  // namespace

Result<void> check_bucket_name(std::string_view name) {
    if (is_bucket_name(name)) return {};
    return refuse("The specified bucket is not valid.", "invalid_bucket_name");
}

Result<void> check_region(std::string_view region) {
    const auto is_allowed = [](char c) { return is_letter_or_digit(c) || c == '-'; };
    if (!region.empty() && region.size() <= region_bytes_max &&
        std::ranges::all_of(region, is_allowed)) {
        return {};
    }
    return refuse("The specified location-constraint is not valid", "invalid_location_constraint");
}

Result<void> check_key(std::string_view key) {
    if (key.empty()) return refuse("an object's key is empty");
    if (key.size() > schema::key_bytes_max) {
        Error error{.code = ErrorCode::invalid_argument,
                    .message = "Your key is too long",
                    .reason = "key_too_long",
                    .details = {{"Size", fmt::format("{}", key.size())},
                                {"MaxSizeAllowed", fmt::format("{}", schema::key_bytes_max)}}};
        return std::unexpected(std::move(error));
    }
    if (!is_utf8(key)) return refuse("an object's key is not UTF-8");
    return {};
}

Result<void> check_new_key(std::string_view key) {
    ONPUT_TRY_VOID(check_key(key));
    if (key.contains('\0')) return refuse("an object's key has a NUL character");
    return {};
}

Result<void> check_size(std::uint64_t size_bytes) {
    if (size_bytes <= schema::put_bytes_max) return {};
    Error error{.code = ErrorCode::invalid_argument,
                .message = "Your proposed upload exceeds the maximum allowed size",
                .reason = "entity_too_large",
                .details = {{"ProposedSize", std::to_string(size_bytes)},
                            {"MaxSizeAllowed", std::to_string(schema::put_bytes_max)}}};
    return std::unexpected(std::move(error));
}

Result<void> check_traits(const schema::PutObject& put) {
    if (const auto bytes = bytes_of(put.metadata); bytes > schema::user_metadata_bytes_max) {
        Error error{
            .code = ErrorCode::invalid_argument,
            .message = "Your metadata headers exceed the maximum allowed metadata size",
            .reason = "metadata_too_large",
            .details = {{"Size", std::to_string(bytes)},
                        {"MaxSizeAllowed", std::to_string(schema::user_metadata_bytes_max)}}};
        return std::unexpected(std::move(error));
    }
    if (bytes_of(put.headers) + put.content_type.size() > headers_bytes_max) {
        return refuse("the headers to keep with the object exceed 8192 bytes",
                      "metadata_too_large");
    }
    ONPUT_TRY_VOID(check_short("storage class", put.storage_class));
    if (put.website_redirect.size() > website_redirect_bytes_max) {
        return refuse("the website redirect location is longer than 2048 bytes");
    }
    ONPUT_TRY_VOID(check_short("idempotency key", put.idempotency_key));
    ONPUT_TRY_VOID(check_short("request id", put.request_id));
    ONPUT_TRY_VOID(check_short("host id", put.host_id));
    return check_short("source address", put.source_ip);
}

Result<void> check_put(const schema::PutObject& put) {
    ONPUT_TRY_VOID(check_size(put.size_bytes));
    ONPUT_TRY_VOID(check_traits(put));
    if (put.etag.empty()) return refuse("an object's etag is empty");
    ONPUT_TRY_VOID(check_short("etag", put.etag));
    return check_checksums(put.checksums);
}

}  // namespace onput::storage
