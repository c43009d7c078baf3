// Identities: the users, groups, roles, managed policies and access keys of all accounts
// (common/schema/identity.hpp, access_keys.hpp), and what their policies say to a request.
//
//     IAM's operations ──> create, attach, ... ──> rows
//     a signature ───────> resolve ──> secret, policies      of who has signed
//     a request of S3 ───> policies_of ──> judge             at the commit, by the rows of then
//
// Rows are the truth, and are read at each request; parsed policies are kept beside the bytes that
// they came from. Every change is one commit; nothing here has to be undone.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/auth/iam_policy.hpp"
#include "common/auth/identity_decision.hpp"
#include "common/schema/access_keys.hpp"
#include "common/schema/identity.hpp"
#include "common/service/caller.hpp"
#include "common/store/store.hpp"
#include "services/storage/effects.hpp"
#include "services/storage/encryption/object_key.hpp"
#include "services/storage/identity/records.hpp"

namespace onput::storage {

using service::Caller;

// Documents that are kept parsed; then they are parsed anew.
inline constexpr std::size_t parsed_policies_max = 10'000;

class Identities {
public:
    // All of them outlive it. `masters` seal secrets; without one no access key is made.
    Identities(const store::View& view, const MasterKeys& masters, const NewSecret& new_secret)
        : view_(view), masters_(masters), new_secret_(new_secret) {}

    Result<schema::Entity> create(const schema::CreateEntity& request, const Caller& caller,
                                  Effects& effects);
    Result<schema::Entity> get(const schema::GetEntity& request, const Caller& caller) const;
    Result<schema::EntityList> list(const schema::ListEntities& request,
                                    const Caller& caller) const;
    Result<schema::Empty> remove(const schema::DeleteEntity& request, const Caller& caller,
                                 Effects& effects);
    Result<schema::Entity> update_role(const schema::UpdateRole& request, const Caller& caller,
                                       Effects& effects);
    Result<schema::Entity> update_group(const schema::UpdateGroup& request, const Caller& caller,
                                        Effects& effects);
    Result<schema::Empty> change_membership(const schema::ChangeMembership& request,
                                            const Caller& caller, Effects& effects);
    Result<schema::Empty> set_boundary(const schema::SetBoundary& request, const Caller& caller,
                                       Effects& effects);
    Result<schema::Empty> put_policy(const schema::PutEntityPolicy& request, const Caller& caller,
                                     Effects& effects);
    Result<schema::Empty> delete_policy(const schema::DeleteEntityPolicy& request,
                                        const Caller& caller, Effects& effects);
    Result<schema::Empty> attach(const schema::AttachPolicy& request, const Caller& caller,
                                 Effects& effects);
    Result<schema::Empty> detach(const schema::DetachPolicy& request, const Caller& caller,
                                 Effects& effects);
    Result<schema::Empty> tag(const schema::TagEntity& request, const Caller& caller,
                              Effects& effects);
    Result<schema::Entity> create_version(const schema::CreatePolicyVersion& request,
                                          const Caller& caller, Effects& effects);
    Result<schema::Empty> delete_version(const schema::DeletePolicyVersion& request,
                                         const Caller& caller, Effects& effects);
    Result<schema::Empty> set_default_version(const schema::SetDefaultPolicyVersion& request,
                                              const Caller& caller, Effects& effects);

    Result<schema::AccessKeyCreated> create_key(const schema::CreateAccessKey& request,
                                                const Caller& caller, Effects& effects);
    Result<schema::AccessKeyList> list_keys(const schema::ListAccessKeys& request,
                                            const Caller& caller) const;
    Result<schema::Empty> update_key(const schema::UpdateAccessKey& request, const Caller& caller,
                                     Effects& effects);
    Result<schema::Empty> delete_key(const schema::DeleteAccessKey& request, const Caller& caller,
                                     Effects& effects);
    Result<schema::FoundAccessKey> find_key(const schema::FindAccessKey& request,
                                            const Caller& caller) const;

    Result<schema::ResolvedIdentity> resolve(const schema::ResolveIdentity& request,
                                             const Caller& caller, Effects& effects);
    Result<schema::PrincipalsFound> find_principals(const schema::FindPrincipals& request,
                                                    const Caller& caller) const;

    // What a limited principal's policies say, with its boundary and its session's policies.
    // permission_denied, access_denied: its user or role is not there any more.
    [[nodiscard]] Result<auth::IdentityDecision> evaluate(const schema::Principal& principal,
                                                          const auth::IamRequest& request) const;

private:
    [[nodiscard]] Result<std::optional<schema::Entity>> look_up(const EntityPlace& place) const;
    // NoSuchEntity.
    [[nodiscard]] Result<schema::Entity> find(const EntityPlace& place) const;
    [[nodiscard]] Result<schema::Entity> find_policy(std::string_view arn,
                                                     std::string_view account) const;
    [[nodiscard]] Result<AccessKeyRecord> find_key_of(std::string_view id,
                                                      const schema::Entity& user) const;
    [[nodiscard]] Result<AccessKeyRecord> read_key(std::string_view id) const;
    // Of a user those of its groups as well.
    [[nodiscard]] Result<std::vector<std::string>> documents_of(const schema::Entity& entity) const;
    Result<void> add_documents(const schema::Entity& entity,
                               std::vector<std::string>& documents) const;
    // Of a managed policy the version in force.
    [[nodiscard]] Result<std::string> document_of(std::string_view policy_arn,
                                                  std::string_view account) const;
    // Nothing: it has none; empty: one that is not there.
    [[nodiscard]] Result<std::optional<std::string>> boundary_of(
        const schema::Entity& entity) const;
    // Those that are there.
    [[nodiscard]] Result<std::vector<std::string>> managed_documents(
        const std::vector<std::string>& arns, std::string_view account) const;
    [[nodiscard]] Result<auth::PolicyEffect> say(const std::vector<std::string>& documents,
                                                 const auth::IamRequest& request) const;
    // How often policies are attached, and whose boundaries they are; by ARN.
    struct PolicyUse {
        std::uint32_t attachments = 0;
        std::uint32_t boundaries = 0;
    };
    [[nodiscard]] Result<std::map<std::string, PolicyUse>> count_uses(
        std::string_view account) const;
    // The users of an account that are in a group.
    [[nodiscard]] Result<std::vector<schema::Entity>> members_of(const schema::Entity& group) const;
    [[nodiscard]] Result<void> check_boundary(std::string_view policy_arn,
                                              std::string_view account) const;
    [[nodiscard]] Result<void> check_room_for(const schema::CreateEntity& request,
                                              std::string_view account) const;
    [[nodiscard]] Result<void> check_trust(std::string_view document) const;
    [[nodiscard]] Result<bool> is_there(const auth::NamedPrincipal& named) const;
    [[nodiscard]] Result<std::shared_ptr<const auth::IamPolicy>> parsed(
        const std::string& document) const;
    std::string new_id(std::string_view prefix) const;

    const store::View& view_;
    const MasterKeys& masters_;
    const NewSecret& new_secret_;
    // By the document.
    mutable std::map<std::string, std::shared_ptr<const auth::IamPolicy>> parsed_;
};

}  // namespace onput::storage
