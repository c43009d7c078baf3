// Access keys of users that the storage service keeps, and what a key or a role's session stands
// for. Secrets lie in the store sealed by a master key, and travel only to who has to verify a
// signature, and once to who has made the key.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/schema/identity.hpp"

namespace onput::schema {

inline constexpr std::size_t access_keys_max = 2;  // Of a user.
// A key's last use is written down that often at most.
inline constexpr Duration key_use_interval = std::chrono::minutes(15);
inline constexpr std::size_t principals_asked_max = 1000;

struct KeyUse {
    Timestamp at = {};
    std::string service = {};  // "s3"
    std::string region = {};

    ONPUT_FIELDS(at, service, region)
    friend bool operator==(const KeyUse&, const KeyUse&) = default;
};

struct AccessKey {
    std::string id = {};  // "AKIA..."
    std::string user = {};
    bool is_active = true;
    Timestamp created_at = {};
    std::optional<KeyUse> last_use = {};

    ONPUT_FIELDS(id, user, is_active, created_at, last_use)
    friend bool operator==(const AccessKey&, const AccessKey&) = default;
};

struct AccessKeyCreated {
    static constexpr MessageInfo info{.kind = Kind::access_key_created};

    AccessKey key = {};
    std::string secret = {};

    ONPUT_FIELDS(key, secret)
    friend bool operator==(const AccessKeyCreated&, const AccessKeyCreated&) = default;
};

// Errors besides those of identity.hpp: unimplemented, reason NoMasterKey: secrets cannot be
// sealed.
struct CreateAccessKey {
    static constexpr MessageInfo info{.kind = Kind::create_access_key};
    static constexpr std::string_view method = "storage.create_access_key";
    using Reply = AccessKeyCreated;

    std::string user = {};

    ONPUT_FIELDS(user)
    friend bool operator==(const CreateAccessKey&, const CreateAccessKey&) = default;
};

struct AccessKeyList {
    static constexpr MessageInfo info{.kind = Kind::access_key_list};

    std::vector<AccessKey> keys = {};  // The oldest first.

    ONPUT_FIELDS(keys)
    friend bool operator==(const AccessKeyList&, const AccessKeyList&) = default;
};

struct ListAccessKeys {
    static constexpr MessageInfo info{.kind = Kind::list_access_keys};
    static constexpr std::string_view method = "storage.list_access_keys";
    using Reply = AccessKeyList;

    std::string user = {};

    ONPUT_FIELDS(user)
    friend bool operator==(const ListAccessKeys&, const ListAccessKeys&) = default;
};

struct UpdateAccessKey {
    static constexpr MessageInfo info{.kind = Kind::update_access_key};
    static constexpr std::string_view method = "storage.update_access_key";
    using Reply = Empty;

    std::string user = {};
    std::string id = {};
    bool is_active = true;

    ONPUT_FIELDS(user, id, is_active)
    friend bool operator==(const UpdateAccessKey&, const UpdateAccessKey&) = default;
};

struct DeleteAccessKey {
    static constexpr MessageInfo info{.kind = Kind::delete_access_key};
    static constexpr std::string_view method = "storage.delete_access_key";
    using Reply = Empty;

    std::string user = {};
    std::string id = {};

    ONPUT_FIELDS(user, id)
    friend bool operator==(const DeleteAccessKey&, const DeleteAccessKey&) = default;
};

struct FoundAccessKey {
    static constexpr MessageInfo info{.kind = Kind::found_access_key};

    AccessKey key = {};

    ONPUT_FIELDS(key)
    friend bool operator==(const FoundAccessKey&, const FoundAccessKey&) = default;
};

// Whose key it is, and when it was used last.
struct FindAccessKey {
    static constexpr MessageInfo info{.kind = Kind::find_access_key};
    static constexpr std::string_view method = "storage.find_access_key";
    using Reply = FoundAccessKey;

    std::string id = {};

    ONPUT_FIELDS(id)
    friend bool operator==(const FindAccessKey&, const FindAccessKey&) = default;
};

// An identity as whoever verifies its signature needs it.
struct ResolvedIdentity {
    // Version 2 added boundary and session_documents.
    // A reader that does not know them would allow too much.
    static constexpr MessageInfo info{
        .kind = Kind::resolved_identity, .version = 2, .compatible = 2};

    EntityKind kind = EntityKind::user;
    std::string account = {};
    std::string path = {};
    std::string name = {};
    std::string id = {};
    std::string secret = {};  // Of the access key; empty for a role.
    std::vector<Tag> tags = {};
    // All policies that say what it may do, those of its groups as well.
    std::vector<std::string> documents = {};
    // What must allow it as well. Nothing: it has no boundary. Empty: one that is not there any
    // more, and allows nothing.
    std::optional<std::string> boundary = {};
    // Of the session's policies that are there.
    std::vector<std::string> session_documents = {};

    ONPUT_FIELDS(kind, account, path, name, id, secret, tags, documents, boundary,
                 session_documents)
    friend bool operator==(const ResolvedIdentity&, const ResolvedIdentity&) = default;
};

// By an access key; else by an account and a role, or a user, as a session has them. not_found:
// there is none, it is not active, or the name is another's by now. unavailable: its master key is
// missing.
struct ResolveIdentity {
    // Version 2 added session_policy_arns.
    static constexpr MessageInfo info{.kind = Kind::resolve_identity, .version = 2};
    static constexpr std::string_view method = "storage.resolve_identity";
    using Reply = ResolvedIdentity;

    std::string access_key = {};
    std::string account = {};
    std::string role = {};
    std::string user = {};
    std::string id = {};  // Of the role or user; empty: any.
    // For the key's last use; empty: it is not noted.
    std::string service = {};
    std::string region = {};
    std::vector<std::string> session_policy_arns = {};  // As LimitedIdentity has them.

    ONPUT_FIELDS(access_key, account, role, user, id, service, region, session_policy_arns)
    friend bool operator==(const ResolveIdentity&, const ResolveIdentity&) = default;
};

struct PrincipalsFound {
    static constexpr MessageInfo info{.kind = Kind::principals_found};

    std::vector<std::string> missing = {};  // Of those that were asked for.

    ONPUT_FIELDS(missing)
    friend bool operator==(const PrincipalsFound&, const PrincipalsFound&) = default;
};

// Which of these users and roles there are, of whatever account: ARNs, up to principals_asked_max.
struct FindPrincipals {
    static constexpr MessageInfo info{.kind = Kind::find_principals};
    static constexpr std::string_view method = "storage.find_principals";
    using Reply = PrincipalsFound;

    std::vector<std::string> arns = {};

    ONPUT_FIELDS(arns)
    friend bool operator==(const FindPrincipals&, const FindPrincipals&) = default;
};

}  // namespace onput::schema
