// Identities of an account, as IAM has them: users, groups of them, roles and managed policies. The
// storage service owns them; access keys, and what a key stands for, are in access_keys.hpp.
//
//     user, group, role ──has──> policies of its own (texts), attached managed policies (ARNs)
//     user ──is in──> groups: what their policies say counts for him
//     user, role ──has──> boundary: a managed policy that must allow as well
//     role ──has──> trust: who may become it
//     managed policy ──has──> versions, one of them in force
//
// All requests are about the account of the caller. Names are unique in an account and kind
// whatever their case and path. Documents are kept as they were sent. Errors of all of them:
// not_found, reason NoSuchEntity; invalid_argument, reasons ValidationError, InvalidInput and
// MalformedPolicyDocument; conflict, reasons EntityAlreadyExists and DeleteConflict;
// resource_exhausted, reason LimitExceeded.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/object_traits.hpp"
#include "common/schema/wire.hpp"

namespace onput::schema {

inline constexpr std::size_t entity_name_bytes_max = 64;  // Of users and roles.
inline constexpr std::size_t policy_name_bytes_max = 128;
inline constexpr std::size_t group_name_bytes_max = 128;
inline constexpr std::size_t entity_path_bytes_max = 512;
inline constexpr std::size_t entity_description_bytes_max = 1000;
inline constexpr std::size_t entity_tags_max = 50;
inline constexpr std::size_t users_max = 5000;  // Of an account, as the three below.
inline constexpr std::size_t groups_max = 300;
inline constexpr std::size_t roles_max = 1000;
inline constexpr std::size_t policies_max = 1500;
inline constexpr std::size_t policies_attached_max = 10;  // To a user, group or role.
inline constexpr std::size_t groups_of_user_max = 10;
inline constexpr std::size_t policy_versions_max = 5;
// Documents, their blanks not counted.
inline constexpr std::size_t trust_bytes_max = 2048;
inline constexpr std::size_t managed_policy_bytes_max = 6144;
inline constexpr std::size_t user_policies_bytes_max = 2048;  // Of a user's own, in whole.
inline constexpr std::size_t group_policies_bytes_max = 5120;
inline constexpr std::size_t role_policies_bytes_max = 10240;
// Documents with their blanks: each, and a user's, group's or role's own in whole.
inline constexpr std::size_t document_bytes_max = std::size_t{10} * 1024;
inline constexpr std::size_t own_documents_bytes_max = std::size_t{40} * 1024;
inline constexpr std::uint32_t session_s_least = 3600;  // Bounds of a role's longest session.
inline constexpr std::uint32_t session_s_most = 43200;
inline constexpr std::size_t entities_listed_max = 1000;

enum class EntityKind : std::uint8_t { user = 1, role = 2, policy = 3, group = 4 };

struct PolicyText {
    std::string name = {};
    std::string document = {};

    ONPUT_FIELDS(name, document)
    friend bool operator==(const PolicyText&, const PolicyText&) = default;
};

struct PolicyVersion {
    std::uint32_t number = 1;
    std::string document = {};
    Timestamp created_at = {};

    ONPUT_FIELDS(number, document, created_at)
    friend bool operator==(const PolicyVersion&, const PolicyVersion&) = default;
};

// A user, a group, a role or a managed policy.
struct Entity {
    // Version 2 added groups, boundary and boundaries.
    // A reader that does not know them would write the row back without.
    static constexpr MessageInfo info{.kind = Kind::entity, .version = 2, .compatible = 2};

    EntityKind kind = EntityKind::user;
    std::string account = {};  // Twelve digits; "aws": a managed policy that is there for all.
    std::string path = "/";
    std::string name = {};
    std::string id = {};  // Never the same again: "AIDA...", "AGPA...", "AROA...", "ANPA...".
    Timestamp created_at = {};
    Timestamp updated_at = {};
    std::string description = {};
    std::vector<Tag> tags = {};
    // Of users, groups and roles.
    std::vector<PolicyText> policies = {};      // By name.
    std::vector<std::string> attached = {};     // ARNs, in the order in which they came.
    std::vector<std::string> access_keys = {};  // Of users: ids, the oldest first.
    // Of roles.
    std::string trust = {};
    std::uint32_t session_s_max = session_s_least;
    // Of managed policies.
    std::vector<PolicyVersion> versions = {};  // The oldest first.
    std::uint32_t default_version = 1;
    std::uint32_t last_version = 1;
    std::uint32_t attachments = 0;         // Filled in where one is answered.
    std::vector<std::string> groups = {};  // Of users: names, in the order in which they came.
    std::string boundary = {};             // Of users and roles: an ARN; empty: none.
    std::uint32_t boundaries = 0;          // Of managed policies, filled in likewise: whose it is.

    ONPUT_FIELDS(kind, account, path, name, id, created_at, updated_at, description, tags, policies,
                 attached, access_keys, trust, session_s_max, versions, default_version,
                 last_version, attachments, groups, boundary, boundaries)
    friend bool operator==(const Entity&, const Entity&) = default;
};

// "arn:aws:iam::ACCOUNT:role/PATH/NAME"
std::string entity_arn(const Entity& entity);

struct CreateEntity {
    // Version 2 added boundary.
    static constexpr MessageInfo info{.kind = Kind::create_entity, .version = 2};
    static constexpr std::string_view method = "storage.create_entity";
    using Reply = Entity;

    EntityKind kind = EntityKind::user;
    std::string name = {};
    std::string path = "/";
    std::string description = {};
    std::vector<Tag> tags = {};
    std::string document = {};  // A role's trust, or a policy's first version; others have none.
    std::uint32_t session_s_max = session_s_least;
    std::string boundary = {};  // Of a user or role, as Entity has it.

    ONPUT_FIELDS(kind, name, path, description, tags, document, session_s_max, boundary)
    friend bool operator==(const CreateEntity&, const CreateEntity&) = default;
};

// What is named: a user, group or role by its name, a policy by its ARN.
struct GetEntity {
    // Version 2 added without_uses.
    static constexpr MessageInfo info{.kind = Kind::get_entity, .version = 2};
    static constexpr std::string_view method = "storage.get_entity";
    using Reply = Entity;

    EntityKind kind = EntityKind::user;
    std::string name = {};
    bool without_uses = false;  // Of a policy: who has it is not counted.

    ONPUT_FIELDS(kind, name, without_uses)
    friend bool operator==(const GetEntity&, const GetEntity&) = default;
};

struct EntityList {
    // Version 2: with those of Entity.
    static constexpr MessageInfo info{.kind = Kind::entity_list, .version = 2};

    std::vector<Entity> entities = {};  // By name, in lower case.
    std::string next = {};              // For `after`; empty: these were the last ones.

    ONPUT_FIELDS(entities, next)
    friend bool operator==(const EntityList&, const EntityList&) = default;
};

// Whose policies: those of AWS that are there for all accounts come first, whole, where `after` is
// empty.
enum class PolicyScope : std::uint8_t { own = 0, all = 1, aws = 2 };

struct ListEntities {
    // Version 2 added group and boundary.
    static constexpr MessageInfo info{.kind = Kind::list_entities, .version = 2};
    static constexpr std::string_view method = "storage.list_entities";
    using Reply = EntityList;

    EntityKind kind = EntityKind::user;
    std::string path_prefix = "/";
    std::string attached_policy = {};  // An ARN: only what has it. Empty: all.
    std::string after = {};
    std::uint32_t limit = 100;  // 1 to entities_listed_max.
    PolicyScope scope = PolicyScope::own;
    bool only_attached = false;  // Policies that somebody has.
    std::string group = {};      // Only who is in it. Empty: all. NoSuchEntity.
    std::string boundary = {};   // An ARN: only whose boundary it is. Empty: all.

    ONPUT_FIELDS(kind, path_prefix, attached_policy, after, limit, scope, only_attached, group,
                 boundary)
    friend bool operator==(const ListEntities&, const ListEntities&) = default;
};

// DeleteConflict while it has policies, attachments, access keys, groups, members or versions that
// are not in force, or is somebody's boundary.
struct DeleteEntity {
    static constexpr MessageInfo info{.kind = Kind::delete_entity};
    static constexpr std::string_view method = "storage.delete_entity";
    using Reply = Empty;

    EntityKind kind = EntityKind::user;
    std::string name = {};

    ONPUT_FIELDS(kind, name)
    friend bool operator==(const DeleteEntity&, const DeleteEntity&) = default;
};

// What is not there stays as it is.
struct UpdateRole {
    static constexpr MessageInfo info{.kind = Kind::update_role};
    static constexpr std::string_view method = "storage.update_role";
    using Reply = Entity;

    std::string name = {};
    std::optional<std::string> description = {};
    std::optional<std::uint32_t> session_s_max = {};
    std::optional<std::string> trust = {};

    ONPUT_FIELDS(name, description, session_s_max, trust)
    friend bool operator==(const UpdateRole&, const UpdateRole&) = default;
};

// Another name or path of a group; what is not there stays as it is. Its members stay in it.
struct UpdateGroup {
    static constexpr MessageInfo info{.kind = Kind::update_group};
    static constexpr std::string_view method = "storage.update_group";
    using Reply = Entity;

    std::string name = {};
    std::optional<std::string> new_name = {};
    std::optional<std::string> new_path = {};

    ONPUT_FIELDS(name, new_name, new_path)
    friend bool operator==(const UpdateGroup&, const UpdateGroup&) = default;
};

// Whether a user is in a group. Nothing changes when it is so already.
struct ChangeMembership {
    static constexpr MessageInfo info{.kind = Kind::change_membership};
    static constexpr std::string_view method = "storage.change_membership";
    using Reply = Empty;

    std::string group = {};
    std::string user = {};
    bool is_member = false;

    ONPUT_FIELDS(group, user, is_member)
    friend bool operator==(const ChangeMembership&, const ChangeMembership&) = default;
};

// The boundary of a user or role. NoSuchEntity: there is no such policy, or none was to take off.
struct SetBoundary {
    static constexpr MessageInfo info{.kind = Kind::set_boundary};
    static constexpr std::string_view method = "storage.set_boundary";
    using Reply = Empty;

    EntityKind kind = EntityKind::user;
    std::string name = {};
    std::string policy_arn = {};  // Empty: it is taken off.

    ONPUT_FIELDS(kind, name, policy_arn)
    friend bool operator==(const SetBoundary&, const SetBoundary&) = default;
};

// A policy of the user's, group's or role's own. One of that name is replaced.
struct PutEntityPolicy {
    static constexpr MessageInfo info{.kind = Kind::put_entity_policy};
    static constexpr std::string_view method = "storage.put_entity_policy";
    using Reply = Empty;

    EntityKind kind = EntityKind::user;
    std::string name = {};
    PolicyText policy = {};

    ONPUT_FIELDS(kind, name, policy)
    friend bool operator==(const PutEntityPolicy&, const PutEntityPolicy&) = default;
};

struct DeleteEntityPolicy {
    static constexpr MessageInfo info{.kind = Kind::delete_entity_policy};
    static constexpr std::string_view method = "storage.delete_entity_policy";
    using Reply = Empty;

    EntityKind kind = EntityKind::user;
    std::string name = {};
    std::string policy_name = {};

    ONPUT_FIELDS(kind, name, policy_name)
    friend bool operator==(const DeleteEntityPolicy&, const DeleteEntityPolicy&) = default;
};

// Nothing changes when it is attached already.
struct AttachPolicy {
    static constexpr MessageInfo info{.kind = Kind::attach_policy};
    static constexpr std::string_view method = "storage.attach_policy";
    using Reply = Empty;

    EntityKind kind = EntityKind::user;
    std::string name = {};
    std::string policy_arn = {};

    ONPUT_FIELDS(kind, name, policy_arn)
    friend bool operator==(const AttachPolicy&, const AttachPolicy&) = default;
};

struct DetachPolicy {
    static constexpr MessageInfo info{.kind = Kind::detach_policy};
    static constexpr std::string_view method = "storage.detach_policy";
    using Reply = Empty;

    EntityKind kind = EntityKind::user;
    std::string name = {};
    std::string policy_arn = {};

    ONPUT_FIELDS(kind, name, policy_arn)
    friend bool operator==(const DetachPolicy&, const DetachPolicy&) = default;
};

// Adds or replaces tags, and takes off those of `removed_keys`.
struct TagEntity {
    static constexpr MessageInfo info{.kind = Kind::tag_entity};
    static constexpr std::string_view method = "storage.tag_entity";
    using Reply = Empty;

    EntityKind kind = EntityKind::user;
    std::string name = {};
    std::vector<Tag> tags = {};
    std::vector<std::string> removed_keys = {};

    ONPUT_FIELDS(kind, name, tags, removed_keys)
    friend bool operator==(const TagEntity&, const TagEntity&) = default;
};

// Of a managed policy of the account.
struct CreatePolicyVersion {
    static constexpr MessageInfo info{.kind = Kind::create_policy_version};
    static constexpr std::string_view method = "storage.create_policy_version";
    using Reply = Entity;

    std::string policy_arn = {};
    std::string document = {};
    bool is_default = false;

    ONPUT_FIELDS(policy_arn, document, is_default)
    friend bool operator==(const CreatePolicyVersion&, const CreatePolicyVersion&) = default;
};

// DeleteConflict for the one that is in force.
struct DeletePolicyVersion {
    static constexpr MessageInfo info{.kind = Kind::delete_policy_version};
    static constexpr std::string_view method = "storage.delete_policy_version";
    using Reply = Empty;

    std::string policy_arn = {};
    std::uint32_t number = 0;

    ONPUT_FIELDS(policy_arn, number)
    friend bool operator==(const DeletePolicyVersion&, const DeletePolicyVersion&) = default;
};

struct SetDefaultPolicyVersion {
    static constexpr MessageInfo info{.kind = Kind::set_default_policy_version};
    static constexpr std::string_view method = "storage.set_default_policy_version";
    using Reply = Empty;

    std::string policy_arn = {};
    std::uint32_t number = 0;

    ONPUT_FIELDS(policy_arn, number)
    friend bool operator==(const SetDefaultPolicyVersion&,
                           const SetDefaultPolicyVersion&) = default;
};

}  // namespace onput::schema
