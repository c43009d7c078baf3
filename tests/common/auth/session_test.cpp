#include "common/auth/session.hpp"

#include <gtest/gtest.h>

#include "common/auth/signer.hpp"
#include "tests/common/auth/request_builder.hpp"

namespace onput::auth {
namespace {

using namespace std::chrono_literals;

class SessionTest : public ::testing::Test {
protected:
    [[nodiscard]] std::string reason(std::string_view access_key, std::string_view token,
                                     Timestamp at) const {
        const auto opened = key.open(access_key, token, at);
        return opened ? "" : opened.error().reason;
    }

    SessionKey key = *SessionKey::parse(std::string(64, '1') + "\n");
    Timestamp now = from_seconds(1'700'000'000);
    Session session{.account_id = "000000000000", .user = "function.texts", .expires_at = now + 1h};
    std::string nonce = std::string(session_nonce_bytes, 'n');
    SessionCredentials issued = key.issue(session, nonce);
};

TEST_F(SessionTest, whoever_has_the_key_knows_the_secret_and_whose_it_is) {
    const auto credential =
        SessionKey::parse(std::string(64, '1'))->open(issued.access_key, issued.token, now);
    ASSERT_TRUE(credential);
    EXPECT_EQ(credential->secret, issued.secret);
    EXPECT_EQ(credential->account_id, "000000000000");
    EXPECT_EQ(credential->user, "function.texts");
    EXPECT_TRUE(issued.access_key.starts_with("ASIA"));
    EXPECT_EQ(issued.access_key.size(), 20U);
}

TEST_F(SessionTest, it_keeps_what_bounds_it) {
    session.limited = LimitedIdentity{.id = "AROA1",
                                      .path = "/team/",
                                      .role = "worker",
                                      .session = "one",
                                      .session_policies = {"{}"},
                                      .issued_at = now,
                                      .session_policy_arns = {"arn:aws:iam::aws:policy/Reading"}};
    const auto bounded = key.issue(session, nonce);
    const auto credential = key.open(bounded.access_key, bounded.token, now);
    ASSERT_TRUE(credential);
    EXPECT_EQ(credential->limited, session.limited);
    // As full as it may be, its token is still one.
    session.limited->session_policies = {std::string(session_policies_bytes_max / 2, '"')};
    session.limited->session_policy_arns = {std::string(session_policies_bytes_max / 2, 'x')};
    EXPECT_LE(key.issue(session, nonce).token.size(), session_token_bytes_max);
}

TEST_F(SessionTest, it_ends_at_its_time) {
    EXPECT_EQ(reason(issued.access_key, issued.token, now + 1h - 1s), "");
    EXPECT_EQ(reason(issued.access_key, issued.token, now + 1h), "expired_token");
}

TEST_F(SessionTest, another_key_does_not_open_it) {
    const auto other = SessionKey::parse(std::string(64, '2'));
    ASSERT_TRUE(other);
    EXPECT_EQ(other->open(issued.access_key, issued.token, now).error().reason, "invalid_token");
}

TEST_F(SessionTest, a_token_belongs_to_its_access_key) {
    const auto second = key.issue(session, std::string(session_nonce_bytes, 'm'));
    EXPECT_NE(second.access_key, issued.access_key);
    EXPECT_NE(second.secret, issued.secret);
    EXPECT_EQ(reason(second.access_key, issued.token, now), "invalid_token");
}

TEST_F(SessionTest, no_changed_token_is_taken) {
    for (std::size_t i = 0; i < issued.token.size(); ++i) {
        std::string changed = issued.token;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        EXPECT_EQ(reason(issued.access_key, changed, now), "invalid_token") << i;
    }
    for (const std::string& token : {std::string(), std::string("x"), std::string(3000, 'A')})
        EXPECT_EQ(reason(issued.access_key, token, now), "invalid_token");
}

// A request that a handler signed with its session.
class SignedSessionTest : public SessionTest {
protected:
    Result<Identity> admit(const std::string& token) {
        testing::TestRequest request{.path = "/b/k",
                                     .headers = {{"Host", "h"}, {"X-Amz-Security-Token", token}}};
        Signer signer({.access_key = issued.access_key,
                       .secret = issued.secret,
                       .region = "us-east-1",
                       .service = "s3"});
        const auto made = signer.sign(request.view(), testing::empty_sha256, gate.now).value();
        request.set("x-amz-date", made.amz_date);
        request.set("x-amz-content-sha256", made.content_sha256);
        request.set("Authorization", made.authorization);
        return gate.admit(request);
    }

    testing::Gate gate{now};
};

TEST_F(SignedSessionTest, it_is_admitted_as_its_user) {
    gate.sessions = key;
    const auto identity = admit(issued.token);
    ASSERT_TRUE(identity) << identity.error().message;
    EXPECT_EQ(identity->account_id, "000000000000");
    EXPECT_EQ(identity->user, "function.texts");
    EXPECT_EQ(identity->access_key, issued.access_key);
}

TEST_F(SignedSessionTest, another_secret_is_refused) {
    gate.sessions = key;
    issued.secret = "guessed";
    EXPECT_EQ(admit(issued.token).error().reason, "signature_does_not_match");
}

TEST_F(SignedSessionTest, its_end_is_told) {
    gate.sessions = key;
    gate.now = now + 1h;
    EXPECT_EQ(admit(issued.token).error().reason, "expired_token");
}

TEST_F(SignedSessionTest, an_unknown_token_is_refused) {
    gate.sessions = key;
    EXPECT_EQ(admit("AAAA").error().reason, "invalid_token");
}

TEST_F(SignedSessionTest, no_session_is_known_without_the_key) {
    EXPECT_EQ(admit(issued.token).error().reason, "invalid_access_key_id");
}

TEST_F(SessionTest, a_key_has_its_length) {
    EXPECT_FALSE(SessionKey::parse(""));
    EXPECT_FALSE(SessionKey::parse(std::string(62, '1')));
    EXPECT_FALSE(SessionKey::parse(std::string(64, 'g')));
}

}  // namespace
}  // namespace onput::auth
