// Tokens of OAuth: when one is asked for, how long it is kept, and what a refusal does.
#include <gtest/gtest.h>

#include "services/notifier/outbound/token_outbound.hpp"
#include "services/notifier/outbound/token_reply.hpp"
#include "services/notifier/outbound/token_request.hpp"
#include "tests/common/service/test_platform.hpp"

namespace onput::notifier {
namespace {

using namespace std::chrono_literals;

class Recorded final : public Outbound {
public:
    struct Sent {
        HttpRequest request;
        std::function<void(OutboundResult)> done;
    };
    explicit Recorded(std::vector<Sent>& sent) : sent_(sent) {}
    void send(OutboundMessage message, std::function<void(OutboundResult)> done) override {
        sent_.push_back(
            {.request = std::get<HttpRequest>(std::move(message)), .done = std::move(done)});
    }
    [[nodiscard]] std::size_t open() const override { return sent_.size(); }

private:
    std::vector<Sent>& sent_;
};

class TokenTest : public testing::Test {
protected:
    void send(const std::string& body = "b") {
        HttpRequest request{.url = "https://api.example/", .body = body};
        request.token = std::make_shared<TokenRequest>(
            TokenRequest{.name = "c", .request = {.url = "https://auth.example/"}});
        outbound.send(std::move(request),
                      [this](const OutboundResult& result) { results.push_back(result); });
    }
    // Answers the oldest that is on its way; what it was.
    HttpRequest answer(int status, std::string body = "") {
        const Recorded::Sent first = sent.at(0);
        sent.erase(sent.begin());
        OutboundResult result;
        result.status_code = status;
        result.outcome = status == 200  ? OutboundOutcome::delivered
                         : status < 500 ? OutboundOutcome::refused
                                        : OutboundOutcome::failed;
        if (status != 200) result.error = "status " + std::to_string(status);
        result.body = std::move(body);
        first.done(result);
        return first.request;
    }
    HttpRequest answer_token(const std::string& token, int expires_in = 3600) {
        return answer(200, R"({"access_token":")" + token + R"(","expires_in":)" +
                               std::to_string(expires_in) + "}");
    }
    static std::string authorization(const HttpRequest& request) {
        for (const auto& [name, value] : request.headers) {
            if (name == "Authorization") return value;
        }
        return "";
    }

    service::TestLoop loop;
    std::vector<Recorded::Sent> sent;
    TokenOutbound outbound{loop, std::make_unique<Recorded>(sent)};
    std::vector<OutboundResult> results;
};

TEST_F(TokenTest, one_question_serves_all_that_wait_until_the_token_expires) {
    send("one");
    send("two");
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(outbound.open(), 3u) << "the question, and two that wait for it";
    EXPECT_EQ(answer_token("t1", 60).url, "https://auth.example/");
    const HttpRequest first = answer(200);
    EXPECT_EQ(first.body, "one");
    EXPECT_EQ(authorization(first), "Bearer t1");
    EXPECT_EQ(answer(200).body, "two");
    loop.pass(59s);
    send("three");
    EXPECT_EQ(authorization(answer(200)), "Bearer t1");
    loop.pass(1s);
    send("four");
    EXPECT_EQ(answer_token("t2").url, "https://auth.example/");
    EXPECT_EQ(authorization(answer(200)), "Bearer t2");
    EXPECT_EQ(results.size(), 4u);
}

TEST_F(TokenTest, a_refused_token_is_replaced_once) {
    send();
    answer_token("t1");
    EXPECT_TRUE(results.empty());
    answer(401);
    EXPECT_TRUE(results.empty());
    answer_token("t2");
    EXPECT_EQ(authorization(answer(407)), "Bearer t2");
    ASSERT_EQ(results.size(), 1u);
    EXPECT_EQ(results[0].status_code, 407);
    EXPECT_EQ(results[0].outcome, OutboundOutcome::refused);
    EXPECT_TRUE(sent.empty());
}

TEST_F(TokenTest, a_token_that_another_answer_replaced_is_not_asked_for_again) {
    send("one");
    send("two");
    answer_token("t1");
    answer(401);  // one
    answer(401);  // two: the question is on its way.
    ASSERT_EQ(sent.size(), 1u);
    answer_token("t2");
    EXPECT_EQ(authorization(answer(200)), "Bearer t2");
    EXPECT_EQ(authorization(answer(200)), "Bearer t2");
    EXPECT_EQ(results.size(), 2u);
}

TEST_F(TokenTest, without_a_token_it_is_tried_again_unless_none_can_be_asked_for) {
    send();
    answer(400);
    send();
    answer(503);
    send();
    answer(200, "no JSON");
    send();
    answer(0);  // No answer: the address is not allowed.
    ASSERT_EQ(results.size(), 4u);
    EXPECT_EQ(results[0].outcome, OutboundOutcome::failed);
    EXPECT_EQ(results[0].status_code, 400);
    EXPECT_EQ(results[0].error, "no token: status 400");
    EXPECT_EQ(results[1].outcome, OutboundOutcome::failed);
    EXPECT_EQ(results[2].outcome, OutboundOutcome::failed);
    EXPECT_EQ(results[2].error, "no token: the authorization server's answer is no JSON");
    EXPECT_EQ(results[2].body, "");
    EXPECT_EQ(results[3].outcome, OutboundOutcome::refused);
    EXPECT_TRUE(sent.empty());
}

TEST_F(TokenTest, what_needs_no_token_is_sent_as_it_is) {
    outbound.send(HttpRequest{.url = "https://hook.example/"}, [](const OutboundResult&) {});
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(authorization(sent[0].request), "");
}

TEST(TokenReply, is_a_bearer_s_token_and_its_time) {
    const auto token = read_token(R"({"access_token":"a","token_type":"bearer","expires_in":7})");
    ASSERT_TRUE(token);
    EXPECT_EQ(token->text, "a");
    EXPECT_EQ(token->expires_in, Duration(7s));
    EXPECT_EQ(read_token(R"({"access_token":"a"})")->expires_in, token_age_default);
    EXPECT_EQ(read_token(R"({"access_token":"a","expires_in":1e300})")->expires_in, token_age_max);
    EXPECT_EQ(read_token(R"({"access_token":"a","expires_in":-5})")->expires_in, Duration::zero());
    for (const char* bad :
         {"", "[]", "{}", R"({"access_token":""})", R"({"access_token":1})",
          R"({"access_token":"a\r\nx: y"})", R"({"access_token":"a","token_type":"mac"})"}) {
        EXPECT_FALSE(read_token(bad)) << bad;
    }
    EXPECT_FALSE(
        read_token(R"({"access_token":")" + std::string(token_bytes_max + 1, 'a') + "\"}"));
}

}  // namespace
}  // namespace onput::notifier
