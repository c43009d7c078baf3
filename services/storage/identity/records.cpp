#include "services/storage/identity/records.hpp"

#include <fmt/format.h>

#include "common/base/text.hpp"

namespace onput::storage {

std::string entity_row(const EntityPlace& place) {
    return fmt::format("{}{}{}{}", entity_rows_prefix, place.account,
                       static_cast<unsigned>(place.kind), lower_case(place.name));
}

store::Range entity_rows(std::string_view account, schema::EntityKind kind) {
    return store::Range::of_prefix(entity_row({.account = account, .kind = kind, .name = ""}));
}

std::string access_key_row(std::string_view access_key) {
    return fmt::format("{}{}", access_key_rows_prefix, access_key);
}

}  // namespace onput::storage
