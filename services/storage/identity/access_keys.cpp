// Access keys, and whom a key or a role's session stands for.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "services/storage/identity/commit.hpp"
#include "services/storage/identity/errors.hpp"
#include "services/storage/identity/identities.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {
namespace {

using schema::Entity;
using schema::EntityKind;

constexpr std::string_view access_key_prefix = "AKIA";
constexpr std::size_t access_key_characters = 20;
constexpr std::size_t secret_bytes = 30;  // 40 characters in base64.

std::string context_of(const AccessKeyRecord& record) {
    return fmt::format("onput access key\n{}\n{}\n{}", record.key.id, record.account,
                       record.key.user);
}

std::unexpected<Error> no_such_key(std::string_view id) {
    return no_such_entity(fmt::format("The Access Key with id {} cannot be found.", id));
}

Change change_of(const AccessKeyRecord& record) {
    Change change{{store::Batch(std::string(partition))}};
    change.batch.put(access_key_row(record.key.id), schema::encode(record));
    return change;
}

}  // namespace

Result<AccessKeyRecord> Identities::read_key(std::string_view id) const {
    ONPUT_TRY(const auto row, view_.get(partition, access_key_row(id)));
    if (!row) return no_such_key(id);
    return schema::decode<AccessKeyRecord>(*row);
}

Result<AccessKeyRecord> Identities::find_key_of(std::string_view id, const Entity& user) const {
    if (std::ranges::find(user.access_keys, id) == user.access_keys.end()) return no_such_key(id);
    return read_key(id);
}

Result<schema::AccessKeyCreated> Identities::create_key(const schema::CreateAccessKey& request,
                                                        const Caller& caller, Effects& effects) {
    ONPUT_TRY(Entity user, find({.account = caller.principal.account,
                                 .kind = EntityKind::user,
                                 .name = request.user}));
    if (user.access_keys.size() >= schema::access_keys_max)
        return quota_reached("AccessKeysPerUser", schema::access_keys_max);
    if (masters_.is_empty()) {
        return fail(ErrorCode::unimplemented,
                    "access keys are sealed by a master key: the storage service has no "
                    "master_keys_secret",
                    "NoMasterKey");
    }
    const auto& master = masters_.current();
    std::string id = new_id(access_key_prefix).substr(0, access_key_characters);
    std::string secret = to_base64(new_secret_(secret_bytes));
    AccessKeyRecord record{
        .key = {.id = id, .user = user.name, .is_active = true, .created_at = caller.now},
        .account = user.account,
        .master_key = master.name};
    record.sealed_secret =
        seal(master.bytes, new_secret_(cipher_nonce_bytes), context_of(record), secret);
    user.access_keys.push_back(std::move(id));
    Change change = change_of(record);
    put_entity(user, change.batch);
    effects.changes.push_back(std::move(change));
    return schema::AccessKeyCreated{.key = std::move(record.key), .secret = std::move(secret)};
}

Result<schema::AccessKeyList> Identities::list_keys(const schema::ListAccessKeys& request,
                                                    const Caller& caller) const {
    ONPUT_TRY(const Entity user, find({.account = caller.principal.account,
                                       .kind = EntityKind::user,
                                       .name = request.user}));
    schema::AccessKeyList list;
    for (const std::string& id : user.access_keys) {
        ONPUT_TRY(auto record, read_key(id));
        list.keys.push_back(std::move(record.key));
    }
    return list;
}

Result<schema::Empty> Identities::update_key(const schema::UpdateAccessKey& request,
                                             const Caller& caller, Effects& effects) {
    ONPUT_TRY(const Entity user, find({.account = caller.principal.account,
                                       .kind = EntityKind::user,
                                       .name = request.user}));
    ONPUT_TRY(AccessKeyRecord record, find_key_of(request.id, user));
    record.key.is_active = request.is_active;
    effects.changes.push_back(change_of(record));
    return schema::Empty{};
}

Result<schema::Empty> Identities::delete_key(const schema::DeleteAccessKey& request,
                                             const Caller& caller, Effects& effects) {
    ONPUT_TRY(Entity user, find({.account = caller.principal.account,
                                 .kind = EntityKind::user,
                                 .name = request.user}));
    ONPUT_TRY_VOID(find_key_of(request.id, user));
    std::erase(user.access_keys, request.id);
    Change change{{store::Batch(std::string(partition))}};
    change.batch.remove(access_key_row(request.id));
    put_entity(user, change.batch);
    effects.changes.push_back(std::move(change));
    return schema::Empty{};
}

Result<schema::FoundAccessKey> Identities::find_key(const schema::FindAccessKey& request,
                                                    const Caller& caller) const {
    auto record = read_key(request.id);
    if (record && record->account != caller.principal.account) return no_such_key(request.id);
    if (!record) return std::unexpected(record.error());
    return schema::FoundAccessKey{.key = std::move(record->key)};
}

Result<schema::ResolvedIdentity> Identities::resolve(const schema::ResolveIdentity& request,
                                                     const Caller& caller, Effects& effects) {
    schema::ResolvedIdentity resolved;
    Entity entity;
    if (!request.access_key.empty()) {
        ONPUT_TRY(AccessKeyRecord record, read_key(request.access_key));
        if (!record.key.is_active) return no_such_key(request.access_key);
        const auto* master = masters_.find(record.master_key);
        const auto secret = master != nullptr
                                ? unseal(master->bytes, context_of(record), record.sealed_secret)
                                : std::nullopt;
        if (!secret) {
            return fail(ErrorCode::unavailable,
                        fmt::format("access key {} is sealed by the master key '{}', which the "
                                    "storage service has not: put it back into "
                                    "master_keys_secret",
                                    request.access_key, record.master_key));
        }
        resolved.secret = *secret;
        ONPUT_TRY(
            entity,
            find({.account = record.account, .kind = EntityKind::user, .name = record.key.user}));
        const auto& last = record.key.last_use;
        const bool is_noted = last && caller.now < last->at + schema::key_use_interval &&
                              caller.now >= last->at && last->service == request.service;
        if (!request.service.empty() && !is_noted) {
            record.key.last_use = {
                .at = caller.now, .service = request.service, .region = request.region};
            effects.changes.push_back(change_of(record));
        }
    } else if (!request.role.empty()) {
        ONPUT_TRY(
            entity,
            find({.account = request.account, .kind = EntityKind::role, .name = request.role}));
    } else {
        // A session of a user.
        ONPUT_TRY(
            entity,
            find({.account = request.account, .kind = EntityKind::user, .name = request.user}));
    }
    if (!request.id.empty() && entity.id != request.id)
        return no_such_entity("The identity of this session is not there any more.");
    ONPUT_TRY(resolved.documents, documents_of(entity));
    ONPUT_TRY(resolved.boundary, boundary_of(entity));
    ONPUT_TRY(resolved.session_documents,
              managed_documents(request.session_policy_arns, entity.account));
    resolved.kind = entity.kind;
    resolved.account = std::move(entity.account);
    resolved.path = std::move(entity.path);
    resolved.name = std::move(entity.name);
    resolved.id = std::move(entity.id);
    resolved.tags = std::move(entity.tags);
    return resolved;
}

}  // namespace onput::storage
