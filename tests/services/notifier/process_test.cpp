// The real process with a queue service played by the test: append, deliver, kill, follow the bus.
#include <algorithm>
#include <array>
#include <csignal>
#include <map>
#include <memory>
#include <netinet/in.h>
#include <optional>
#include <set>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "common/schema/notifier.hpp"
#include "common/schema/queue.hpp"
#include "common/schema/topics.hpp"
#include "common/transport/bus.hpp"
#include "common/transport/loop.hpp"
#include "common/transport/request.hpp"
#include "tests/support/temp_directory.hpp"

namespace onput::notifier {
namespace {

using namespace std::chrono_literals;
using transport::Frame;

constexpr Duration patience = 60s;  // Waited for in full only when the test fails.
const std::string queue_arn = "arn:aws:sqs:us-east-1:000000000000:q";

// The queue service as the notifier knows it: durable, and it recognises what it has.
class FakeQueue {
public:
    FakeQueue(transport::Loop& loop, const std::string& endpoint) {
        auto server = transport::RequestServer::bind(
            loop, {endpoint}, [this](transport::Request request) { on_request(request); });
        EXPECT_TRUE(server);
        server_ = *std::move(server);
    }

    std::vector<schema::DeliverItem> kept;
    std::vector<schema::Deliver> tests;
    std::size_t repeated = 0;
    bool is_refusing = false;

private:
    void on_request(const transport::Request& request) {
        if (request.header.method == schema::AuthorizeDelivery::method) {
            const auto message = schema::decode<schema::AuthorizeDelivery>(request.body);
            if (message->destination_arn != queue_arn) {
                return server_->reply(request.reply_to,
                                      fail(ErrorCode::not_found, "no such queue"));
            }
            return answer(request, schema::Empty{});
        }
        ASSERT_EQ(request.header.method, schema::Deliver::method);
        auto message = schema::decode<schema::Deliver>(request.body);
        ASSERT_TRUE(message);
        if (is_refusing) {
            return server_->reply(request.reply_to, fail(ErrorCode::unavailable, "refusing"));
        }
        std::uint64_t& through = through_[message->source];
        if (message->source.starts_with("test/")) tests.push_back(*message);
        for (auto& item : message->items) {
            if (item.number <= through) {
                ++repeated;
                continue;
            }
            through = item.number;
            if (!message->source.starts_with("test/")) kept.push_back(std::move(item));
        }
        answer(request, schema::Delivered{.through = through});
    }
    template <schema::Message M>
    void answer(const transport::Request& request, const M& message) {
        server_->reply(request.reply_to, transport::Reply{.body = schema::encode(message)});
    }

    std::unique_ptr<transport::RequestServer> server_;
    std::map<std::string, std::uint64_t> through_;
};

// A webhook: takes POSTs one by one, and answers each with `status`.
class Webhook {
public:
    explicit Webhook(transport::Loop& loop) : loop_(loop) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(::bind(listener_, generic, sizeof(address)), 0);
        EXPECT_EQ(::listen(listener_, 64), 0);
        socklen_t size = sizeof(address);
        EXPECT_EQ(::getsockname(listener_, generic, &size), 0);
        url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/hook";
        loop_.watch(listener_, [this] { accept_some(); });
    }
    ~Webhook() {
        loop_.unwatch(listener_);
        ::close(listener_);
        while (!open_.empty()) close_one(open_.begin()->first);
    }

    std::string url;
    int status = 200;                   // 0: never answers.
    std::vector<std::string> requests;  // Whole: head and body.

private:
    void accept_some() {
        for (int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK); fd >= 0;
             fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK)) {
            open_[fd];
            loop_.watch(fd, [this, fd] { read_some(fd); });
        }
    }
    void read_some(int fd) {
        std::array<char, 65536> buffer{};
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        if (got <= 0) return close_one(fd);
        std::string& text = open_[fd];
        text.append(buffer.data(), static_cast<std::size_t>(got));
        const std::size_t body = text.find("\r\n\r\n");
        const std::size_t length = text.find("Content-Length: ");
        if (body == std::string::npos || length == std::string::npos) return;
        if (text.size() < body + 4 + std::stoul(text.substr(length + 16))) return;
        requests.push_back(text);
        text.clear();
        if (status == 0) return;
        const std::string answer = "HTTP/1.1 " + std::to_string(status) +
                                   " Said\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        EXPECT_EQ(::write(fd, answer.data(), answer.size()), static_cast<ssize_t>(answer.size()));
        close_one(fd);
    }
    void close_one(int fd) {
        loop_.unwatch(fd);
        ::close(fd);
        open_.erase(fd);
    }

    transport::Loop& loop_;
    int listener_ = -1;
    std::map<int, std::string> open_;
};

class NotifierProcessTest : public testing::Test {
protected:
    NotifierProcessTest() {
        queue = std::make_unique<FakeQueue>(loop, ipc("queue"));
        start();
        client = transport::RequestClient::connect(loop, ipc("requests"));
    }
    ~NotifierProcessTest() override {
        if (pid_ > 0) kill_process();
    }

    [[nodiscard]] std::string ipc(const std::string& name) const {
        return "ipc://" + directory.path_of(name);
    }
    void start() {
        const std::vector<std::string> arguments{ONPUT_NOTIFIER_BINARY,
                                                 "--data",
                                                 directory.path_of("data"),
                                                 "--endpoints",
                                                 ipc("requests"),
                                                 "--bus-endpoints",
                                                 ipc("bus"),
                                                 "--queue-endpoint",
                                                 ipc("queue"),
                                                 "--webhook-allowed-networks",
                                                 "127.0.0.0/8",
                                                 "--log-level",
                                                 "warn"};
        std::vector<char*> argv;
        for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
        argv.push_back(nullptr);
        pid_ = ::fork();
        ASSERT_GE(pid_, 0);
        if (pid_ > 0) return;
        ::execv(argv[0], argv.data());
        ::_exit(127);
    }
    void kill_process() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
    int terminate_process() {
        ::kill(pid_, SIGTERM);
        int status = 0;
        // The queue must answer while the process ends, so the loop goes on.
        EXPECT_TRUE(run_until([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; }));
        pid_ = -1;
        return status;
    }

    bool run_until(const std::function<bool()>& condition) {
        bool is_true = false;
        const auto look = loop.every(1ms, [&] {
            is_true = condition();
            if (is_true) loop.stop();
        });
        const auto limit = loop.after(patience, [&] { loop.stop(); });
        loop.run();
        loop.cancel(look);
        loop.cancel(limit);
        return is_true;
    }
    template <schema::Message M>
    Result<typename M::Reply> ask(const M& message, std::vector<Frame> attachments = {}) {
        std::optional<Result<typename M::Reply>> answer;
        transport::CallOptions options;
        options.attachments = std::move(attachments);
        options.principal = {.account = "000000000000", .id = "AKID"};
        transport::call(*client, message, std::move(options),
                        [&answer](Result<typename M::Reply> reply, const std::vector<Frame>&) {
                            answer = std::move(reply);
                        });
        EXPECT_TRUE(run_until([&answer] { return answer.has_value(); }));
        return *answer;
    }

    // Appends until it is answered: what an outbox does when its peer dies.
    void append(std::uint64_t from, std::uint64_t to) {
        for (int i = 0; i < 20; ++i) {
            schema::AppendEvents message{.source = "outbox"};
            std::vector<Frame> frames;
            for (std::uint64_t number = from; number <= to; ++number) {
                message.numbers.push_back(number);
                frames.emplace_back(schema::encode(event(number)));
            }
            const auto reply = ask(message, std::move(frames));
            if (!reply) continue;
            EXPECT_EQ(reply->through, to);
            return;
        }
        FAIL() << "the notifier does not answer";
    }
    static schema::ObjectEvent event(std::uint64_t number) {
        schema::ObjectEvent made;
        made.event_id = "event-" + std::to_string(number);
        made.event_name = "ObjectCreated:Put";
        made.time = wall_now();
        made.region = "us-east-1";
        made.bucket = "b";
        made.bucket_owner = "000000000000";
        made.key = "k";
        made.trace.trace_id = "trace-" + std::to_string(number);
        made.owed = {{.arn = queue_arn, .rule_id = "r"}};
        return made;
    }
    std::vector<std::string> kept_ids() const {
        std::vector<std::string> ids;
        for (const auto& item : queue->kept) ids.push_back(item.event_id);
        return ids;
    }
    static std::vector<std::string> ids_to(std::uint64_t last) {
        std::vector<std::string> ids;
        for (std::uint64_t i = 1; i <= last; ++i) ids.push_back("event-" + std::to_string(i));
        return ids;
    }

    support::TempDirectory directory;
    transport::Context context;
    transport::Loop loop{context};
    std::unique_ptr<FakeQueue> queue;
    std::unique_ptr<transport::RequestClient> client;

private:
    pid_t pid_ = -1;
};

TEST_F(NotifierProcessTest, what_is_appended_is_delivered_in_order) {
    append(1, 500);
    append(501, 700);
    EXPECT_TRUE(run_until([this] { return queue->kept.size() >= 700; }));
    EXPECT_EQ(kept_ids(), ids_to(700));
    EXPECT_NE(queue->kept[0].body.find(R"("eventVersion":"2.5")"), std::string::npos);
}

TEST_F(NotifierProcessTest, a_kill_loses_nothing_for_queues_and_readers_of_the_bus) {
    append(1, 10);
    const auto position = ask(schema::FindJournal{});
    ASSERT_TRUE(position);
    EXPECT_EQ(position->bus_endpoint, ipc("bus"));
    std::vector<std::uint64_t> read;
    transport::BusReaderEvents events;
    events.on_record = [&read](const schema::JournalRecord& record) {
        read.push_back(record.sequence);
    };
    events.on_fetched = [](std::uint64_t, std::uint64_t) {};
    events.on_truncated = [](std::uint64_t, std::uint64_t) { ADD_FAILURE() << "truncated"; };
    events.on_epoch = [](const std::string&) { ADD_FAILURE() << "another epoch"; };
    events.on_caught_up = [](std::uint64_t) {};
    events.on_failed = [](const Error& error) { ADD_FAILURE() << error.message; };
    const auto reader = transport::BusReader::follow(loop, position->bus_endpoint, *client,
                                                     {.epoch = position->epoch, .from_sequence = 1},
                                                     std::move(events));
    EXPECT_TRUE(run_until([&read] { return read.size() >= 10; }));
    std::uint64_t last = 10;
    for (int life = 0; life < 3; ++life) {
        queue->is_refusing = life == 1;
        append(last + 1, last + 50);
        kill_process();
        start();
        queue->is_refusing = false;
        // The outbox did not hear the answer.
        append(last + 1, last + 60);
        last += 60;
    }
    EXPECT_TRUE(run_until([&] { return read.size() >= last && queue->kept.size() >= last; }));
    EXPECT_EQ(kept_ids(), ids_to(last));
    ASSERT_EQ(read.size(), last);
    for (std::uint64_t i = 0; i < last; ++i) ASSERT_EQ(read[i], i + 1);
}

TEST_F(NotifierProcessTest, a_queue_that_agrees_has_the_test_event_before_the_answer) {
    schema::CheckDestinations request{.bucket = "b",
                                      .bucket_account = "000000000000",
                                      .arns = {queue_arn},
                                      .kinds = {schema::DestinationKind::queue},
                                      .request_id = "R",
                                      .host_id = "H"};
    const auto agreed = ask(request);
    ASSERT_TRUE(agreed);
    EXPECT_EQ(agreed->refusals, std::vector<std::string>{""});
    ASSERT_EQ(queue->tests.size(), 1u);
    EXPECT_NE(queue->tests[0].items[0].body.find("s3:TestEvent"), std::string::npos);

    request.arns[0] += "-missing";
    const auto refused = ask(request);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->refusals, std::vector<std::string>{"The destination queue does not exist"});
    EXPECT_EQ(queue->tests.size(), 1u);
}

TEST_F(NotifierProcessTest, a_trace_and_the_destinations_can_be_asked_for) {
    append(1, 3);
    ASSERT_TRUE(run_until([this] { return queue->kept.size() >= 3; }));
    schema::DestinationList list;
    do {
        list = *ask(schema::ListDestinations{});
        ASSERT_EQ(list.destinations.size(), 1u);
    } while (list.destinations[0].owed > 0);
    EXPECT_EQ(list.destinations[0].delivered_through, 3u);
    const auto story = ask(schema::TraceQuery{.trace_id = "trace-2"});
    ASSERT_TRUE(story);
    ASSERT_EQ(story->steps.size(), 2u);
    EXPECT_EQ(story->steps[0].what, "journaled");
    EXPECT_EQ(story->steps[1].what, "delivered");
    const auto status = ask(schema::ServiceStatus{});
    ASSERT_TRUE(status) << status.error().message;
    EXPECT_TRUE(status->is_ready);
    std::set<std::string> names;
    for (const auto& metric : status->metrics) names.insert(metric.name);
    EXPECT_TRUE(names.contains("onput_bus_published_total"));
}

// The value of a JSON text's field, as far as it holds no quote.
std::string field(const std::string& json, const std::string& name) {
    const std::size_t at = json.find('"' + name + '"');
    if (at == std::string::npos) return {};
    const std::size_t from = json.find('"', at + name.size() + 2) + 1;
    return json.substr(from, json.find('"', from) - from);
}

const std::string topic_arn = "arn:aws:sns:us-east-1:000000000000:t";

TEST_F(NotifierProcessTest, a_publish_reaches_a_queue_and_a_webhook_over_kills) {
    Webhook webhook(loop);
    ASSERT_TRUE(ask(schema::CreateTopic{.name = "t"}));
    ASSERT_TRUE(
        ask(schema::Subscribe{.topic_arn = topic_arn, .protocol = "sqs", .endpoint = queue_arn}));
    const auto pending =
        ask(schema::Subscribe{.topic_arn = topic_arn, .protocol = "http", .endpoint = webhook.url});
    ASSERT_TRUE(pending) << pending.error().message;
    ASSERT_TRUE(run_until([&] { return !webhook.requests.empty(); }));
    const std::string token = field(webhook.requests[0], "Token");
    ASSERT_TRUE(ask(schema::ConfirmSubscription{.topic_arn = topic_arn, .token = token}));
    const auto certificate = ask(schema::GetSigningCertificate{});
    ASSERT_TRUE(certificate);

    std::set<std::string> ids;
    for (int i = 0; i < 3; ++i) {
        const schema::PublishMessages message{
            .topic_arn = topic_arn,
            .entries = {schema::PublishEntry{.id = "1", .message = "text"}}};
        auto published = ask(message);
        // It may have gone out on the connection that the kill has broken.
        while (!published && published.error().code == ErrorCode::unavailable)
            published = ask(message);
        ASSERT_TRUE(published) << published.error().message;
        ids.insert(published->entries[0].message_id);
        kill_process();
        start();
    }
    const auto arrived = [&] {
        std::set<std::string> found;
        for (const auto& request : webhook.requests) found.insert(field(request, "MessageId"));
        return std::ranges::includes(found, ids);
    };
    EXPECT_TRUE(run_until([&] { return arrived() && queue->kept.size() >= 3; }));
    EXPECT_EQ(queue->kept.size(), 3u);
    for (const auto& item : queue->kept) {
        EXPECT_TRUE(ids.contains(field(item.body, "MessageId")));
        EXPECT_FALSE(field(item.body, "Signature").empty());
    }
    EXPECT_EQ(ask(schema::GetSigningCertificate{})->pem, certificate->pem);
    struct stat status{};
    ASSERT_EQ(::stat(directory.path_of("data").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0700u) << "the private key is in it";
}

TEST_F(NotifierProcessTest, what_a_webhook_refuses_is_kept_and_not_tried_again) {
    Webhook webhook(loop);
    webhook.status = 404;
    ASSERT_TRUE(ask(schema::CreateTopic{.name = "t"}));
    ASSERT_TRUE(ask(
        schema::Subscribe{.topic_arn = topic_arn, .protocol = "http", .endpoint = webhook.url}));
    std::uint64_t undelivered = 0;
    while (undelivered == 0) {
        const auto list = ask(schema::ListDestinations{});
        ASSERT_TRUE(list);
        ASSERT_EQ(list->destinations.size(), 1u);
        undelivered = list->destinations[0].undelivered;
    }
    EXPECT_EQ(webhook.requests.size(), 1u);
}

TEST_F(NotifierProcessTest, a_webhook_that_never_answers_holds_nothing_up_not_even_the_end) {
    Webhook webhook(loop);
    webhook.status = 0;
    ASSERT_TRUE(ask(schema::CreateTopic{.name = "t"}));
    ASSERT_TRUE(ask(
        schema::Subscribe{.topic_arn = topic_arn, .protocol = "http", .endpoint = webhook.url}));
    ASSERT_TRUE(run_until([&] { return webhook.requests.size() == 1; }));
    append(1, 5);
    EXPECT_TRUE(run_until([this] { return queue->kept.size() >= 5; }));
    const Timestamp began = wall_now();
    EXPECT_EQ(WEXITSTATUS(terminate_process()), 0);
    EXPECT_LT(wall_now() - began, 9s) << "less than the endpoint's time-out";
    webhook.status = 200;
    start();
    EXPECT_TRUE(run_until([&] { return webhook.requests.size() == 2; })) << "it is sent again";
}

TEST_F(NotifierProcessTest, a_method_that_does_not_exist_is_unimplemented) {
    std::optional<Result<transport::Reply>> answer;
    client->call("notifier.nonsense", schema::encode(schema::Empty{}), {},
                 [&answer](Result<transport::Reply> reply) { answer = std::move(reply); });
    EXPECT_TRUE(run_until([&answer] { return answer.has_value(); }));
    EXPECT_EQ(answer->error().code, ErrorCode::unimplemented);
}

TEST_F(NotifierProcessTest, a_request_to_stop_ends_it_cleanly_with_everything_kept) {
    append(1, 5);
    const int status = terminate_process();
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
    start();
    append(6, 6);
    EXPECT_TRUE(run_until([this] { return queue->kept.size() >= 6; }));
    EXPECT_EQ(kept_ids(), ids_to(6));
}

}  // namespace
}  // namespace onput::notifier
