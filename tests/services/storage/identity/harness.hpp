// Identities over a store in memory, and what tests of them ask for again and again.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/base/encoding.hpp"
#include "services/storage/identity/identities.hpp"
#include "services/storage/objects/records.hpp"
#include "tests/services/storage/harness.hpp"

namespace onput::storage {

using schema::EntityKind;

inline const std::string account = "111111111111";
inline const std::string other = "222222222222";

inline std::string policy(std::string_view action, std::string_view effect = "Allow") {
    return fmt::format(R"({{"Version":"2012-10-17","Statement":{{"Effect":"{}","Action":"{}",)"
                       R"("Resource":"*"}}}})",
                       effect, action);
}

inline std::string trust(std::string_view principal) {
    return fmt::format(R"({{"Statement":{{"Effect":"Allow","Action":"sts:AssumeRole",)"
                       R"("Principal":{}}}}})",
                       principal);
}

class IdentitiesTest : public ::testing::Test {
protected:
    [[nodiscard]] Caller caller(std::string of = account) const {
        return {.principal = {.account = std::move(of), .id = "AKID"}, .trace = {}, .now = now};
    }
    // Commits what a command wants.
    template <typename R, typename M>
    Result<R> run(Result<R> (Identities::*command)(const M&, const Caller&, Effects&), M message,
                  const std::string& of = account) {
        Effects effects;
        auto result = (identities.*command)(message, caller(of), effects);
        EXPECT_TRUE(result || effects.changes.empty());
        for (auto& change : effects.changes) {
            EXPECT_TRUE(store.commit(std::move(change.batch)));
            ++commits;
        }
        return result;
    }
    Result<schema::Entity> make_user(const std::string& name, const std::string& path = "/") {
        return run(&Identities::create,
                   schema::CreateEntity{.kind = EntityKind::user, .name = name, .path = path});
    }
    Result<schema::Entity> make_role(const std::string& name, const std::string& document) {
        return run(
            &Identities::create,
            schema::CreateEntity{.kind = EntityKind::role, .name = name, .document = document});
    }
    Result<schema::Entity> make_policy(const std::string& name, const std::string& document) {
        return run(
            &Identities::create,
            schema::CreateEntity{.kind = EntityKind::policy, .name = name, .document = document});
    }
    Result<schema::Empty> put_own(const std::string& user, const std::string& document) {
        return run(&Identities::put_policy,
                   schema::PutEntityPolicy{.kind = EntityKind::user,
                                           .name = user,
                                           .policy = {.name = "own", .document = document}});
    }
    Result<schema::Empty> attach(const std::string& user, const std::string& arn) {
        return run(&Identities::attach,
                   schema::AttachPolicy{.kind = EntityKind::user, .name = user, .policy_arn = arn});
    }
    Result<schema::Empty> remove(EntityKind kind, const std::string& name) {
        return run(&Identities::remove, schema::DeleteEntity{.kind = kind, .name = name});
    }
    Result<schema::Entity> make_group(const std::string& name, const std::string& document) {
        auto group =
            run(&Identities::create, schema::CreateEntity{.kind = EntityKind::group, .name = name});
        EXPECT_TRUE(run(&Identities::put_policy,
                        schema::PutEntityPolicy{.kind = EntityKind::group,
                                                .name = name,
                                                .policy = {.name = "own", .document = document}}));
        return group;
    }
    Result<schema::Empty> change_membership(const std::string& user, const std::string& group,
                                            bool is_member) {
        return run(&Identities::change_membership,
                   schema::ChangeMembership{.group = group, .user = user, .is_member = is_member});
    }
    Result<schema::Empty> set_boundary(EntityKind kind, const std::string& name,
                                       const std::string& arn) {
        return run(&Identities::set_boundary,
                   schema::SetBoundary{.kind = kind, .name = name, .policy_arn = arn});
    }
    // What a user's or a role's policies say.
    std::string may(const schema::Entity& who, std::string_view action,
                    std::vector<std::string> session_policies = {},
                    std::vector<std::string> session_policy_arns = {}) {
        const bool is_role = who.kind == EntityKind::role;
        schema::Principal principal{.account = who.account, .user = is_role ? "" : who.name};
        principal.limited = {.id = who.id,
                             .path = who.path,
                             .role = is_role ? who.name : "",
                             .session_policies = std::move(session_policies),
                             .session_policy_arns = std::move(session_policy_arns)};
        const auth::RequestValues values;
        const auto said =
            identities.evaluate(principal, {.action = action, .resource = "*", .values = values});
        if (!said) return said.error().reason;
        switch (said->effect) {
            case auth::PolicyEffect::allow: return "allow";
            case auth::PolicyEffect::deny: return "deny";
            case auth::PolicyEffect::no_match: break;
        }
        return "none";
    }

    Timestamp now = from_seconds(1'700'000'000);
    support::MemoryStore store;
    MasterKeys masters = *MasterKeys::parse({"first:" + to_base64(std::string(32, 'k'))});
    NewSecret secrets = Harness::secrets();
    Identities identities{store, masters, secrets};
    int commits = 0;
};

}  // namespace onput::storage
