#include "common/auth/identity_decision.hpp"

#include <array>

#include <gtest/gtest.h>

namespace onput::auth {
namespace {

using enum PolicyEffect;
using By = IdentityDecision::By;

TEST(IdentityDecision, allows_what_all_allow) {
    EXPECT_EQ(decide_identity({.by_policies = allow}).effect, allow);
    EXPECT_EQ(decide_identity({.by_policies = allow, .is_role = true}).effect, allow);
    EXPECT_EQ(decide_identity({.by_policies = no_match}).effect, no_match);
}

TEST(IdentityDecision, is_a_denial_where_any_denies) {
    const std::array<IdentityEffects, 3> denied{{
        {.by_policies = deny},
        {.by_policies = allow, .by_boundary = deny},
        {.by_policies = allow, .by_session = deny},
    }};
    const std::array<By, 3> by{By::policies, By::boundary, By::session};
    for (std::size_t i = 0; i < denied.size(); ++i) {
        const auto decision = decide_identity(denied.at(i));
        EXPECT_EQ(decision.effect, deny) << i;
        EXPECT_EQ(decision.by, by.at(i)) << i;
        EXPECT_TRUE(decision.is_explicit) << i;
    }
}

TEST(IdentityDecision, a_session_is_held_to_its_policies_whatever_a_resource_says) {
    const auto decision = decide_identity({.by_policies = allow, .by_session = no_match});
    EXPECT_EQ(decision.effect, deny);
    EXPECT_FALSE(decision.is_explicit);
    EXPECT_EQ(reason_of(decision, "sqs:SendMessage"),
              "because no session policy allows the sqs:SendMessage action");
}

TEST(IdentityDecision, a_boundary_leaves_a_user_to_the_resource_and_a_role_to_nobody) {
    const IdentityEffects of_user{.by_policies = allow, .by_boundary = no_match};
    EXPECT_EQ(decide_identity(of_user).effect, no_match);
    EXPECT_EQ(reason_of(decide_identity(of_user), "s3:GetObject"),
              "because no permissions boundary allows the s3:GetObject action");
    IdentityEffects of_role = of_user;
    of_role.is_role = true;
    EXPECT_EQ(decide_identity(of_role).effect, deny);
}

TEST(IdentityDecision, names_the_policies_that_say_no) {
    EXPECT_EQ(reason_of(decide_identity({.by_policies = deny}), "x:Y"),
              "with an explicit deny in an identity-based policy");
    EXPECT_EQ(reason_of(decide_identity({.by_policies = allow, .by_boundary = deny}), "x:Y"),
              "with an explicit deny in a permissions boundary");
    EXPECT_EQ(reason_of(decide_identity({.by_policies = allow, .by_session = deny}), "x:Y"),
              "with an explicit deny in a session policy");
    EXPECT_EQ(reason_of(decide_identity({.by_policies = no_match}), "x:Y"),
              "because no identity-based policy allows the x:Y action");
}

}  // namespace
}  // namespace onput::auth
