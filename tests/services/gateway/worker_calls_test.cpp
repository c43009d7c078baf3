// Calls to workers over real sockets, with workers and a queue service that a test plays.
#include "services/gateway/worker_calls.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/common/transport/harness.hpp"

namespace onput::gateway {
namespace {

using namespace std::chrono_literals;

TEST(WorkerChoice, calls_take_turns_and_go_on_until_all_were_asked) {
    WorkerChoice choice;
    EXPECT_FALSE(choice.is_fresh(0s));
    EXPECT_FALSE(choice.endpoint(choice.begin(), 0));
    choice.set({{.endpoint = "a"}, {.endpoint = "b"}}, 10s);
    const auto first = choice.begin();
    const auto second = choice.begin();
    EXPECT_NE(choice.endpoint(first, 0), choice.endpoint(second, 0));
    // Whoever else begins meanwhile, it is never sent to the same one twice.
    EXPECT_NE(choice.endpoint(first, 0), choice.endpoint(first, 1));
    EXPECT_FALSE(choice.endpoint(first, 2));
}

TEST(WorkerChoice, a_list_is_good_for_a_while_and_an_empty_one_never) {
    WorkerChoice choice;
    choice.set({}, 10s);
    EXPECT_FALSE(choice.is_fresh(10s));
    choice.set({{.endpoint = "a"}}, 10s);
    EXPECT_TRUE(choice.is_fresh(10s + workers_fresh - 1us));
    EXPECT_FALSE(choice.is_fresh(10s + workers_fresh));
}

// The thread of a connection: here the loop's own.
class LoopExecutor : public http::Executor {
public:
    explicit LoopExecutor(transport::Loop& loop) : loop_(loop) {}
    void post(UniqueFunction<void()> job) override { loop_.post(std::move(job)); }

private:
    transport::Loop& loop_;
};

class WorkerCallsTest : public testing::Test {
protected:
    // A worker that answers every request by `answer`, and keeps what it was asked.
    struct Worker {
        std::string endpoint;
        Result<transport::Reply> (*answer)() = nullptr;
        std::vector<std::string> asked = {};
        std::unique_ptr<transport::RequestServer> server = {};
    };

    static Result<transport::Reply> piece() {
        return transport::Reply{.body = schema::encode(schema::CallPiece{}), .attachments = {}};
    }
    static Result<transport::Reply> busy() {
        return fail(ErrorCode::resource_exhausted, "too many", "busy");
    }
    static Result<transport::Reply> refusal() {
        return fail(ErrorCode::invalid_argument, "no such voice", "no_such_voice");
    }

    Worker& add_worker(const std::string& name, Result<transport::Reply> (*answer)()) {
        auto& worker = *workers.emplace_back(
            std::make_unique<Worker>(Worker{.endpoint = folder.ipc(name), .answer = answer}));
        worker.server = *transport::RequestServer::bind(
            loop.get(), {worker.endpoint}, [&worker](const transport::Request& request) {
                worker.asked.push_back(request.header.method);
                worker.server->reply(request.reply_to, worker.answer());
            });
        return worker;
    }
    void start_queue() {
        queue = *transport::RequestServer::bind(
            loop.get(), {folder.ipc("queue")}, [this](const transport::Request& request) {
                ++lists;
                schema::WorkersFound found;
                for (const auto& worker : workers)
                    found.workers.push_back(
                        {.worker_id = worker->endpoint, .endpoint = worker->endpoint, .places = 1});
                queue->reply(request.reply_to,
                             transport::Reply{.body = schema::encode(found), .attachments = {}});
            });
        calls = std::make_unique<WorkerCalls>(loop.get(), folder.ipc("queue"));
    }
    static std::string id(int number) { return fmt::format("{:032}", number); }
    WorkerCalls::ReplyBox begin(int number) {
        WorkerCalls::ReplyBox box(executor);
        calls->start("tts", {.call_id = id(number), .task = "task"}, {}, box);
        return box;
    }
    Result<transport::Reply> wait(const WorkerCalls::ReplyBox& box) {
        EXPECT_TRUE(loop.run_until([&box] { return box.state().items_waiting > 0; }));
        return *box.take();
    }

    transport::TestFolder folder;
    transport::TestLoop loop;
    std::shared_ptr<LoopExecutor> executor = std::make_shared<LoopExecutor>(loop.get());
    std::vector<std::unique_ptr<Worker>> workers;
    std::unique_ptr<transport::RequestServer> queue;
    std::unique_ptr<WorkerCalls> calls;
    int lists = 0;
};

TEST_F(WorkerCallsTest, a_busy_worker_is_passed_over_and_the_list_is_asked_for_once) {
    auto& full = add_worker("full", &busy);
    auto& idle = add_worker("idle", &piece);
    start_queue();
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(wait(begin(i)));
    EXPECT_EQ(idle.asked.size(), 4U);
    EXPECT_EQ(full.asked.size(), 2U) << "each second call begins with it";
    EXPECT_EQ(lists, 1);
}

TEST_F(WorkerCallsTest, what_a_worker_says_of_the_task_is_final) {
    auto& first = add_worker("first", &refusal);
    auto& second = add_worker("second", &refusal);
    start_queue();
    EXPECT_EQ(wait(begin(1)).error().reason, "no_such_voice");
    EXPECT_EQ(first.asked.size() + second.asked.size(), 1U);
}

TEST_F(WorkerCallsTest, when_all_are_busy_the_call_is) {
    add_worker("first", &busy);
    add_worker("second", &busy);
    start_queue();
    EXPECT_EQ(wait(begin(1)).error().reason, "busy");
}

TEST_F(WorkerCallsTest, a_listed_worker_that_is_gone_is_passed_over) {
    add_worker("gone", &piece).server.reset();
    auto& idle = add_worker("idle", &piece);
    start_queue();
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(wait(begin(i)));
    EXPECT_EQ(idle.asked.size(), 2U);
}

TEST_F(WorkerCallsTest, without_workers_it_says_so) {
    start_queue();
    EXPECT_EQ(wait(begin(1)).error().reason, "no_worker");
}

TEST_F(WorkerCallsTest, its_pieces_and_its_end_go_to_the_same_worker) {
    for (const auto* name : {"first", "second"}) add_worker(name, &piece);
    start_queue();
    EXPECT_TRUE(wait(begin(1)));
    auto& worker = workers[workers[0]->asked.empty() ? 1 : 0];
    WorkerCalls::ReplyBox box(executor);
    calls->read({.call_id = id(1)}, {}, box);
    EXPECT_TRUE(wait(box));
    calls->close(id(1), false);
    EXPECT_TRUE(loop.run_until([&worker] { return worker->asked.size() == 3; }));
    EXPECT_EQ(worker->asked, (std::vector<std::string>{std::string(schema::StartCall::method),
                                                       std::string(schema::ReadCall::method),
                                                       std::string(schema::CloseCall::method)}));
    WorkerCalls::ReplyBox late(executor);
    calls->read({.call_id = id(1)}, {}, late);
    EXPECT_EQ(wait(late).error().code, ErrorCode::internal) << "it is forgotten";
}

TEST_F(WorkerCallsTest, a_call_that_was_closed_before_it_began_never_begins) {
    auto& worker = add_worker("worker", &piece);
    start_queue();
    begin(1);
    calls->close(id(1), false);
    EXPECT_TRUE(wait(begin(2)));
    EXPECT_EQ(worker.asked.size(), 1U);
}

}  // namespace
}  // namespace onput::gateway
