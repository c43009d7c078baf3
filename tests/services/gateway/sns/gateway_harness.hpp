// A whole gateway, HTTP server included, whose notifier is played by the test.
//
//     notifier.answers<schema::CreateTopic>({.arn = "arn:..."});
//     const auto answer = post_signed("Action=CreateTopic&Name=media");
//     EXPECT_EQ(asked<schema::CreateTopic>().name, "media");
#pragma once

#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/auth/signer.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/query.hpp"
#include "common/schema/queue.hpp"
#include "services/gateway/admin.hpp"
#include "services/gateway/handler.hpp"
#include "tests/services/gateway/http/client.hpp"

namespace onput::gateway {

inline constexpr std::string_view account = "000000000000";

class PlayedGateway {
public:
    struct Setup {
        Config config{};
        bool storage_is_away = false;
    };
    PlayedGateway() : PlayedGateway(Setup()) {}
    explicit PlayedGateway(Setup setup) : setup_(std::move(setup)), thread_([this] { run(); }) {
        auto port = port_promise_.get_future();
        ONPUT_CHECK(port.wait_for(http::patience) == std::future_status::ready);
        port_ = port.get();
    }
    ~PlayedGateway() {
        server_->stop(std::chrono::seconds(1));
        loop_->stop();
        thread_.join();
    }

    void set_answer(std::string_view method, Result<std::string> body) {
        const std::lock_guard lock(mutex_);
        answers_.insert_or_assign(std::string(method), std::move(body));
    }
    // The last request that the notifier was sent; its method is "" when there was none.
    transport::Request last_request() {
        const std::lock_guard lock(mutex_);
        transport::Request copy;
        copy.header = last_.header;
        copy.body = last_.body;
        return copy;
    }
    std::size_t request_count() {
        const std::lock_guard lock(mutex_);
        return request_count_;
    }
    [[nodiscard]] std::uint16_t port() const { return port_; }

private:
    void run() {
        transport::Context context;
        transport::Loop loop(context);
        auto bound = transport::RequestServer::bind(
            loop, {"tcp://127.0.0.1:*"}, [this](transport::Request request) { play(request); });
        ONPUT_CHECK(bound.has_value());
        notifier_ = std::move(*bound);
        const std::string endpoint = notifier_->endpoints().front();
        auth::KeyRing keys;
        ONPUT_CHECK(keys.add("test", {.secret = "test", .account_id = std::string(account)}));
        ONPUT_CHECK(
            keys.add("ann", {.secret = "test", .account_id = std::string(account), .user = "ann"}));
        const std::string away = "ipc:///nonexistent/onput/storage";
        Backend backend(loop, {.storage = setup_.storage_is_away ? away : endpoint,
                               .notifier = endpoint,
                               .queue = endpoint});
        Shared shared{.config = setup_.config, .keys = keys, .backend = backend};
        shared.health = [&shared] {
            return runtime::HealthReport{.waiting_for = {}, .metrics = request_metrics(shared)};
        };
        Handler handler(shared);
        http::Options options;
        options.render_error = render_protocol_error;
        auto started = http::Server::start(std::move(options), handler);
        ONPUT_CHECK(started.has_value());
        server_ = std::move(*started);
        loop_ = &loop;
        port_promise_.set_value(server_->port());
        loop.run();
        server_.reset();
        notifier_.reset();
    }

    void play(const transport::Request& request) {
        std::optional<Result<std::string>> answer;
        {
            const std::lock_guard lock(mutex_);
            ++request_count_;
            last_.header = request.header;
            last_.body = request.body;
            const auto found = answers_.find(request.header.method);
            if (found != answers_.end()) answer = found->second;
        }
        if (!answer) {
            notifier_->reply(request.reply_to, fail(ErrorCode::internal, "nobody expected this"));
        } else if (*answer) {
            notifier_->reply(request.reply_to, transport::Reply{.body = **answer});
        } else {
            notifier_->reply(request.reply_to, std::unexpected(answer->error()));
        }
    }

    const Setup setup_;
    std::mutex mutex_;  // Of what the test and the loop's thread both touch.
    std::map<std::string, Result<std::string>> answers_;
    transport::Request last_;
    std::size_t request_count_ = 0;

    std::unique_ptr<transport::RequestServer> notifier_;
    std::unique_ptr<http::Server> server_;
    transport::Loop* loop_ = nullptr;
    std::promise<std::uint16_t> port_promise_;
    std::uint16_t port_ = 0;
    std::thread thread_;  // Last: it uses all of the above.
};

// That denies a user of the account everything. The keys of a played gateway name "ann".
inline std::string denial_of(std::string_view user) {
    return fmt::format(
        R"({{"Statement":{{"Effect":"Deny","Principal":{{"AWS":"arn:aws:iam::{}:user/{}"}},)"
        R"("Action":"sns:Publish","Resource":"*"}}}})",
        account, user);
}

class GatewayTest : public testing::Test {
protected:
    GatewayTest() = default;
    explicit GatewayTest(PlayedGateway::Setup setup) : gateway(std::move(setup)) {}

    template <schema::Message M>
    void notifier_answers(const typename M::Reply& reply) {
        gateway.set_answer(M::method, schema::encode(reply));
    }
    template <schema::Message M>
    void notifier_refuses(ErrorCode code, std::string message, std::string reason) {
        gateway.set_answer(M::method, fail(code, std::move(message), std::move(reason)));
    }
    // What the notifier was asked last.
    template <schema::Message M>
    M asked() {
        const auto request = gateway.last_request();
        EXPECT_EQ(request.header.method, M::method);
        auto message = schema::decode<M>(request.body);
        EXPECT_TRUE(message);
        return message.value_or(M());
    }

    http::Answer send(const std::string& request) {
        http::Client client(gateway.port());
        client.send(request);
        return client.receive(request.starts_with("HEAD") ? http::Client::Body::none
                                                          : http::Client::Body::by_head);
    }
    http::Answer get(const std::string& target, const std::string& method = "GET") {
        return send(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
    http::Answer post(const std::string& form, const std::string& headers = {}) {
        return send("POST / HTTP/1.1\r\nHost: localhost\r\n" + headers +
                    "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
                    "Content-Length: " +
                    std::to_string(form.size()) + "\r\n\r\n" + form);
    }
    static std::string signature_of(const std::string& form) {
        auth::Signer signer({.access_key = "test", .secret = "test", .service = "sns"});
        const std::vector<auth::Header> headers{{"host", "localhost"}};
        const auto made =
            signer.sign({.method = "POST", .path = "/", .query = {}, .headers = headers},
                        to_hex(Digest::of(DigestAlgorithm::sha256, form)), wall_now());
        EXPECT_TRUE(made);
        return "x-amz-date: " + made->amz_date + "\r\nAuthorization: " + made->authorization +
               "\r\n";
    }
    struct SignedRequest {
        std::string service;
        std::string path = "/";
        std::string query = {};  // Of a GET: its parameters in order.
        std::string form = {};   // Of a POST; empty: a GET.
        std::string headers = {};
    };
    http::Answer send_signed(const SignedRequest& wanted) {
        const std::string method = wanted.form.empty() ? "GET" : "POST";
        auth::Signer signer({.access_key = "test", .secret = "test", .service = wanted.service});
        const std::vector<auth::Header> headers{{"host", "localhost"}};
        const auto query = parse_query(wanted.query);
        EXPECT_TRUE(query);
        const auto made = signer.sign(
            {.method = method, .path = wanted.path, .query = *query, .headers = headers},
            to_hex(Digest::of(DigestAlgorithm::sha256, wanted.form)), wall_now());
        EXPECT_TRUE(made);
        const std::string target =
            wanted.query.empty() ? wanted.path : wanted.path + "?" + wanted.query;
        return send(method + " " + target +
                    " HTTP/1.1\r\nHost: localhost\r\nx-amz-date: " + made->amz_date +
                    "\r\nAuthorization: " + made->authorization + "\r\n" + wanted.headers +
                    (wanted.form.empty() ? std::string()
                                         : "Content-Type: application/x-www-form-urlencoded\r\n"
                                           "Content-Length: " +
                                               std::to_string(wanted.form.size()) + "\r\n") +
                    "\r\n" + wanted.form);
    }
    http::Answer post_signed(const std::string& form) { return post(form, signature_of(form)); }
    http::Answer call(const std::string& operation, const std::string& form = {}) {
        return post_signed("Action=" + operation + "&Version=2010-03-31" + form);
    }

    // What is between the answer's own elements: "<Topics>...", or "" for no result.
    static std::string result_of(const http::Answer& answer, const std::string& operation) {
        const std::string begin = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" + operation +
                                  "Response xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">";
        EXPECT_EQ(answer.status, 200) << answer.body;
        EXPECT_TRUE(answer.says("Content-Type: text/xml")) << answer.head;
        EXPECT_TRUE(answer.body.starts_with(begin)) << answer.body;
        const auto end = answer.body.find("<ResponseMetadata><RequestId>");
        EXPECT_NE(end, std::string::npos) << answer.body;
        if (end == std::string::npos) return {};
        return answer.body.substr(begin.size(), end - begin.size());
    }

    PlayedGateway gateway;
};

}  // namespace onput::gateway
