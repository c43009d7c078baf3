// Layers: zips of libraries and programs that functions share, below /opt in their environments.
// Each version of a layer is a zip that never changes. The queue service owns what is said of them;
// the zips are objects of the layer's account.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/function.hpp"
#include "common/schema/function_access.hpp"

namespace onput::schema {

inline constexpr std::size_t layer_name_bytes_max = 64;
inline constexpr std::size_t layer_versions_max = 1000;  // Of an account, at a time.
inline constexpr std::size_t layer_license_bytes_max = 512;
inline constexpr std::size_t layer_runtimes_max = 15;
inline constexpr std::size_t layer_architectures_max = 2;

// Also a row of the queue service.
struct LayerVersion {
    static constexpr MessageInfo info{.kind = Kind::layer_version};

    std::string account = {};  // account, arn, version and created_at: by the queue service.
    std::string name = {};
    std::uint64_t version = 0;  // From 1 on; never given again.
    std::string arn = {};       // arn:aws:lambda:<region>:<account>:layer:<name>:<version>
    std::string description = {};
    FunctionCode code = {};
    std::vector<std::string> runtimes = {};       // It is meant for them; nothing is refused.
    std::vector<std::string> architectures = {};  // Likewise.
    std::string license = {};
    Timestamp created_at = {};
    FunctionPolicy policy = {};  // Which other accounts may use it.

    ONPUT_FIELDS(account, name, version, arn, description, code, runtimes, architectures, license,
                 created_at, policy)
    friend bool operator==(const LayerVersion&, const LayerVersion&) = default;
};

// Makes the layer's next version. Errors: invalid_argument; resource_exhausted, reason OverLimit.
struct PublishLayerVersion {
    static constexpr MessageInfo info{.kind = Kind::publish_layer_version};
    static constexpr std::string_view method = "queue.publish_layer_version";
    using Reply = LayerVersion;

    LayerVersion layer = {};

    ONPUT_FIELDS(layer)
    friend bool operator==(const PublishLayerVersion&, const PublishLayerVersion&) = default;
};

// not_found, reason ResourceNotFound; permission_denied: it is another account's, which does not
// share it with the caller's.
struct GetLayerVersion {
    static constexpr MessageInfo info{.kind = Kind::get_layer_version};
    static constexpr std::string_view method = "queue.get_layer_version";
    using Reply = LayerVersion;

    std::string account = {};  // Empty: the caller's.
    std::string name = {};
    std::uint64_t version = 0;

    ONPUT_FIELDS(account, name, version)
    friend bool operator==(const GetLayerVersion&, const GetLayerVersion&) = default;
};

struct LayerVersionList {
    static constexpr MessageInfo info{.kind = Kind::layer_version_list};

    std::vector<LayerVersion> versions = {};

    ONPUT_FIELDS(versions)
    friend bool operator==(const LayerVersionList&, const LayerVersionList&) = default;
};

// Those of the caller's account: of a layer, the newest first; without a name the newest of each
// layer, by name.
struct ListLayerVersions {
    static constexpr MessageInfo info{.kind = Kind::list_layer_versions};
    static constexpr std::string_view method = "queue.list_layer_versions";
    using Reply = LayerVersionList;

    std::string name = {};

    ONPUT_FIELDS(name)
    friend bool operator==(const ListLayerVersions&, const ListLayerVersions&) = default;
};

// Also of one that is not there. Functions that have it keep it.
struct DeleteLayerVersion {
    static constexpr MessageInfo info{.kind = Kind::delete_layer_version};
    static constexpr std::string_view method = "queue.delete_layer_version";
    using Reply = Empty;

    std::string name = {};
    std::uint64_t version = 0;

    ONPUT_FIELDS(name, version)
    friend bool operator==(const DeleteLayerVersion&, const DeleteLayerVersion&) = default;
};

// Errors: those of AddFunctionPermission.
struct AddLayerPermission {
    static constexpr MessageInfo info{.kind = Kind::add_layer_permission};
    static constexpr std::string_view method = "queue.add_layer_permission";
    using Reply = FunctionPolicy;

    std::string name = {};
    std::uint64_t version = 0;
    std::string statement_id = {};
    std::string statement = {};    // JSON, with its Sid.
    std::string revision_id = {};  // Of the policy; empty: any.

    ONPUT_FIELDS(name, version, statement_id, statement, revision_id)
    friend bool operator==(const AddLayerPermission&, const AddLayerPermission&) = default;
};

// not_found: no such statement.
struct RemoveLayerPermission {
    static constexpr MessageInfo info{.kind = Kind::remove_layer_permission};
    static constexpr std::string_view method = "queue.remove_layer_permission";
    using Reply = Empty;

    std::string name = {};
    std::uint64_t version = 0;
    std::string statement_id = {};
    std::string revision_id = {};

    ONPUT_FIELDS(name, version, statement_id, revision_id)
    friend bool operator==(const RemoveLayerPermission&, const RemoveLayerPermission&) = default;
};

}  // namespace onput::schema
