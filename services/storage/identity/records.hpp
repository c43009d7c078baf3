// Rows of identities: their keys are in objects/records.hpp. A user's keys are found by the user's
// row, whose name they have.
#pragma once

#include <string>
#include <string_view>

#include "common/schema/access_keys.hpp"
#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/identity.hpp"
#include "common/store/store.hpp"

namespace onput::storage {

inline constexpr std::string_view entity_rows_prefix = "i/";
inline constexpr std::string_view access_key_rows_prefix = "k/";

struct AccessKeyRecord {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::access_key_record};

    schema::AccessKey key = {};
    std::string account = {};
    // The secret, sealed for this key, account and user by the master key of this name.
    std::string sealed_secret = {};
    std::string master_key = {};

    ONPUT_FIELDS(key, account, sealed_secret, master_key)
    friend bool operator==(const AccessKeyRecord&, const AccessKeyRecord&) = default;
};

// Where an identity lies. Names that differ in their case only are one.
struct EntityPlace {
    std::string_view account;
    schema::EntityKind kind = schema::EntityKind::user;
    std::string_view name;
};
std::string entity_row(const EntityPlace& place);
store::Range entity_rows(std::string_view account, schema::EntityKind kind);
std::string access_key_row(std::string_view access_key);

}  // namespace onput::storage
