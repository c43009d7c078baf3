#include "services/storage/objects/prefixes.hpp"

#include "common/schema/storage_objects.hpp"

namespace onput::storage {

std::string_view common_prefix(std::string_view key, std::string_view prefix,
                               std::string_view delimiter) {
    if (delimiter.empty() || !key.starts_with(prefix)) return {};
    const std::size_t at = key.find(delimiter, prefix.size());
    if (at == std::string_view::npos) return {};
    return key.substr(0, at + delimiter.size());
}

Result<void> check_listing_texts(std::initializer_list<const std::string*> texts) {
    for (const std::string* text : texts) {
        if (text->size() <= schema::key_bytes_max) continue;
        return fail(ErrorCode::invalid_argument,
                    "prefix, delimiter and start of a listing are at most 1024 bytes",
                    "invalid_argument");
    }
    return {};
}

}  // namespace onput::storage
