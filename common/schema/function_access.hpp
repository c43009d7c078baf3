// Versions and aliases of functions, and who else may invoke them: what Lambda's API adds to
// function.hpp. The queue service owns all of it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/function.hpp"

namespace onput::schema {

inline constexpr std::size_t function_aliases_max = 100;    // Of a function.
inline constexpr std::size_t function_versions_max = 1000;  // Of a function, at a time.
inline constexpr std::size_t alias_name_bytes_max = 128;
inline constexpr std::size_t function_policy_bytes_max = 20 * 1024;

// Makes what the function is into its next version, which never changes. A function that has not
// changed since its last version has that one as the answer. Errors: not_found; conflict, reason
// PreconditionFailed: another revision; invalid_argument: another code_sha256.
struct PublishFunctionVersion {
    static constexpr MessageInfo info{.kind = Kind::publish_function_version};
    static constexpr std::string_view method = "queue.publish_function_version";
    using Reply = FunctionInfo;

    std::string name = {};
    std::string code_sha256 = {};  // Empty: any.
    std::string description = {};  // Empty: the function's own.
    std::string revision_id = {};  // Empty: any.

    ONPUT_FIELDS(name, code_sha256, description, revision_id)
    friend bool operator==(const PublishFunctionVersion&, const PublishFunctionVersion&) = default;
};

// $LATEST first, then the versions by their numbers. Of every function when there is no name.
struct ListFunctionVersions {
    static constexpr MessageInfo info{.kind = Kind::list_function_versions};
    static constexpr std::string_view method = "queue.list_function_versions";
    using Reply = FunctionList;

    std::string name = {};

    ONPUT_FIELDS(name)
    friend bool operator==(const ListFunctionVersions&, const ListFunctionVersions&) = default;
};

// How asynchronous invocations by an alias end; those of a version are in its FunctionManagement.
struct AliasEvents {
    Timestamp configured_at = {};
    std::uint32_t retries_max = 2;                             // 0 to 2.
    std::uint32_t event_age_s_max = function_event_age_s_max;  // Older ones are not tried again.
    std::string on_success_arn = {};  // Of a queue, topic or function; empty: none.
    std::string on_failure_arn = {};

    ONPUT_FIELDS(configured_at, retries_max, event_age_s_max, on_success_arn, on_failure_arn)
    friend bool operator==(const AliasEvents&, const AliasEvents&) = default;
};

struct FunctionAlias {
    // Version 2 added events.
    static constexpr MessageInfo info{.kind = Kind::function_alias, .version = 2};

    std::string name = {};
    std::string arn = {};      // Filled in by the queue service.
    std::string version = {};  // "$LATEST", or a number.
    std::string description = {};
    std::string revision_id = {};  // Filled in by the queue service.
    // The share of another version, 0 to 1; at most one.
    std::map<std::string, double> weights = {};
    std::optional<AliasEvents> events = {};  // Nothing: those of the version that is run.

    ONPUT_FIELDS(name, arn, version, description, revision_id, weights, events)
    friend bool operator==(const FunctionAlias&, const FunctionAlias&) = default;
};

// Errors: conflict, reason ResourceConflict, or not_found by the mode; not_found: a version that
// there is not; resource_exhausted: too many aliases; conflict, reason PreconditionFailed.
struct PutFunctionAlias {
    // Version 2 added events to alias.
    static constexpr MessageInfo info{.kind = Kind::put_function_alias, .version = 2};
    static constexpr std::string_view method = "queue.put_function_alias";
    using Reply = FunctionAlias;

    std::string function = {};
    FunctionAlias alias = {};
    PutMode mode = PutMode::create_or_replace;
    std::string revision_id = {};  // That is replaced; empty: any.

    ONPUT_FIELDS(function, alias, mode, revision_id)
    friend bool operator==(const PutFunctionAlias&, const PutFunctionAlias&) = default;
};

struct GetFunctionAlias {
    static constexpr MessageInfo info{.kind = Kind::get_function_alias};
    static constexpr std::string_view method = "queue.get_function_alias";
    using Reply = FunctionAlias;

    std::string function = {};
    std::string name = {};

    ONPUT_FIELDS(function, name)
    friend bool operator==(const GetFunctionAlias&, const GetFunctionAlias&) = default;
};

struct FunctionAliasList {
    // Version 2 added events to aliases.
    static constexpr MessageInfo info{.kind = Kind::function_alias_list, .version = 2};

    std::vector<FunctionAlias> aliases = {};  // By name.

    ONPUT_FIELDS(aliases)
    friend bool operator==(const FunctionAliasList&, const FunctionAliasList&) = default;
};

struct ListFunctionAliases {
    static constexpr MessageInfo info{.kind = Kind::list_function_aliases};
    static constexpr std::string_view method = "queue.list_function_aliases";
    using Reply = FunctionAliasList;

    std::string function = {};

    ONPUT_FIELDS(function)
    friend bool operator==(const ListFunctionAliases&, const ListFunctionAliases&) = default;
};

// Also for an alias that is not there.
struct DeleteFunctionAlias {
    static constexpr MessageInfo info{.kind = Kind::delete_function_alias};
    static constexpr std::string_view method = "queue.delete_function_alias";
    using Reply = Empty;

    std::string function = {};
    std::string name = {};

    ONPUT_FIELDS(function, name)
    friend bool operator==(const DeleteFunctionAlias&, const DeleteFunctionAlias&) = default;
};

// The permissions of a function, or of one of its versions or aliases.
struct FunctionPolicy {
    static constexpr MessageInfo info{.kind = Kind::function_policy};

    std::map<std::string, std::string> statements = {};  // JSON, by their Sid.
    std::string revision_id = {};

    ONPUT_FIELDS(statements, revision_id)
    friend bool operator==(const FunctionPolicy&, const FunctionPolicy&) = default;
};

// Errors: not_found; conflict, reason ResourceConflict: the Sid is there; invalid_argument: no
// statement of a policy; resource_exhausted, reason PolicyLengthExceeded; conflict, reason
// PreconditionFailed.
struct AddFunctionPermission {
    static constexpr MessageInfo info{.kind = Kind::add_function_permission};
    static constexpr std::string_view method = "queue.add_function_permission";
    using Reply = FunctionPolicy;

    std::string name = {};
    std::string qualifier = {};
    std::string statement_id = {};
    std::string statement = {};  // JSON, with its Sid.
    std::string revision_id = {};

    ONPUT_FIELDS(name, qualifier, statement_id, statement, revision_id)
    friend bool operator==(const AddFunctionPermission&, const AddFunctionPermission&) = default;
};

// not_found: no such statement.
struct RemoveFunctionPermission {
    static constexpr MessageInfo info{.kind = Kind::remove_function_permission};
    static constexpr std::string_view method = "queue.remove_function_permission";
    using Reply = Empty;

    std::string name = {};
    std::string qualifier = {};
    std::string statement_id = {};
    std::string revision_id = {};

    ONPUT_FIELDS(name, qualifier, statement_id, revision_id)
    friend bool operator==(const RemoveFunctionPermission&,
                           const RemoveFunctionPermission&) = default;
};

// not_found: there are no permissions.
struct GetFunctionPolicy {
    static constexpr MessageInfo info{.kind = Kind::get_function_policy};
    static constexpr std::string_view method = "queue.get_function_policy";
    using Reply = FunctionPolicy;

    std::string name = {};
    std::string qualifier = {};

    ONPUT_FIELDS(name, qualifier)
    friend bool operator==(const GetFunctionPolicy&, const GetFunctionPolicy&) = default;
};

}  // namespace onput::schema
