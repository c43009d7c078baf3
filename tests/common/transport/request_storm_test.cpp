// A storm of calls between two loops in two threads, each with its own Context: every call is
// answered once, with its own answer.
#include <set>
#include <thread>

#include "common/base/random.hpp"
#include "tests/common/transport/request_harness.hpp"

namespace onput::transport {
namespace {

constexpr int storm_calls = 20'000;
constexpr std::size_t open_at_once = 500;

// Answers at once, later in another order, or with an error, by chance.
class MoodyServer {
public:
    MoodyServer(Loop& loop, const std::string& endpoint, std::uint64_t seed)
        : random_(seed), server_(bind_server(loop, endpoint, [this](Request request) {
              held_.push_back(std::move(request));
              if (random_.chance(1, 2)) answer_some();
          })) {
        loop.every(1ms, [this] { answer_some(); });
    }

private:
    void answer_some() {
        for (std::size_t left = random_.below(held_.size() + 1); left > 0; --left) {
            std::swap(held_.back(), held_[random_.below(held_.size())]);
            Request request = std::move(held_.back());
            held_.pop_back();
            if (request.body.ends_with("7")) {
                server_->reply(request.reply_to, fail(ErrorCode::conflict, request.body));
            } else {
                server_->reply(request.reply_to,
                               Reply{.body = std::move(request.body),
                                     .attachments = std::move(request.attachments)});
            }
        }
    }

    Random random_;
    std::vector<Request> held_;
    std::unique_ptr<RequestServer> server_;
};

class Storm {
public:
    Storm(RequestClient& client, std::uint64_t seed) : client_(client), random_(seed) {}

    void fill() {
        while (started_ < storm_calls && client_.open_calls() < open_at_once) start(started_++);
    }
    [[nodiscard]] bool is_over() const { return answered_ == storm_calls; }

private:
    void start(int number) {
        const std::string body = std::to_string(number);
        CallOptions options;
        const std::size_t attachments = random_.below(4);
        for (std::size_t i = 0; i < attachments; ++i) {
            options.attachments.emplace_back(std::string(random_.below(2000), 'x'));
        }
        client_.call("test.echo", body, std::move(options),
                     [this, body, attachments](Result<Reply> reply) {
                         ++answered_;
                         check(body, attachments, reply);
                         fill();
                     });
    }
    static void check(const std::string& body, std::size_t attachments,
                      const Result<Reply>& reply) {
        if (body.ends_with("7")) {
            ASSERT_FALSE(reply);
            EXPECT_EQ(reply.error().message, body);
            return;
        }
        ASSERT_TRUE(reply) << reply.error().message;
        EXPECT_EQ(reply->body, body);
        EXPECT_EQ(reply->attachments.size(), attachments);
    }

    RequestClient& client_;
    Random random_;
    int started_ = 0;
    int answered_ = 0;
};

TEST(RequestStorm, every_call_gets_its_own_answer_once) {
    const TestFolder folder;
    Context context;
    Loop loop(context);
    std::thread serving([&] {
        const MoodyServer server(loop, folder.ipc("s"), 1);
        loop.run();
    });
    {
        TestLoop own;
        const auto client = RequestClient::connect(own.get(), folder.ipc("s"));
        Storm storm(*client, 2);
        storm.fill();
        EXPECT_TRUE(own.run_until([&] { return storm.is_over(); }));
        EXPECT_EQ(client->open_calls(), 0U);
    }
    loop.stop();
    serving.join();
}

}  // namespace
}  // namespace onput::transport
