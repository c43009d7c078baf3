// Calls over real sockets, with real children.
#include "common/worker/call_server.hpp"

#include <unistd.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/common/transport/harness.hpp"
#include "tests/common/worker/test_process.hpp"

namespace onput::worker {
namespace {

using transport::TestLoop;

void put(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

// What the children do. `what`: of the call's task.
Result<std::string> act(std::string_view what, int input_fd, int output_fd) {
    if (what == "echo") {
        std::string bytes(1 << 16, '\0');
        ssize_t count = 0;
        while ((count = ::read(input_fd, bytes.data(), bytes.size())) > 0)
            put(output_fd, std::string_view(bytes).substr(0, static_cast<std::size_t>(count)));
        return "echoed";
    }
    if (what == "flood") {  // 64 MiB: more than any pipe.
        const std::string bytes(1 << 20, 'x');
        for (int i = 0; i < 64; ++i) put(output_fd, bytes);
        return "flooded";
    }
    if (what == "break") {
        put(output_fd, "half");
        return fail(ErrorCode::invalid_argument, "the rest cannot be made", "broken");
    }
    if (what == "crash") std::abort();
    return fail(ErrorCode::invalid_argument, "no such act", "refused");
}

// Ends with what the task says, at once.
class Echo final : public CallExecutor {
public:
    [[nodiscard]] bool writes_to_pipe() const override { return false; }
    void start(JobId, CallWork work, FileDescriptor output, Ended ended) override {
        EXPECT_FALSE(output.is_open());
        const std::size_t bytes = work.input.size();
        if (work.parameters == "fail") return ended(fail(ErrorCode::internal, "no", "failed"));
        ended(CallEnd{.result = std::to_string(bytes), .bytes = std::move(work.input)});
    }
    void cancel(JobId) override {}
    void forget(JobId) override {}
};

class CallServerTest : public testing::Test {
protected:
    CallServerTest() {
        auto zygote = JobZygote::create(
            {.name = "call", .initialise = [] { return Result<void>(); }, .run = act});
        EXPECT_TRUE(zygote);
        loop = std::make_unique<TestLoop>();  // Threads, so after the zygote.
        process = std::make_unique<TestProcess>(loop->get());
        children = std::make_unique<ChildJobs>(*process, *std::move(zygote));
        config.lane_bind = folder.ipc("lane");
        config.call_places = 2;
        auto opened = CallServer::open(
            *process, config, *children, [](std::string_view task) -> Result<CallWork> {
                if (task == "unreadable") return fail(ErrorCode::invalid_argument, "", "unread");
                const auto space = task.find(' ');
                const bool has_input = space != std::string_view::npos;
                return CallWork{.parameters = std::string(task.substr(0, space)),
                                .input = std::string(has_input ? task.substr(space + 1) : "")};
            });
        EXPECT_TRUE(opened);
        server = *std::move(opened);
        client = transport::RequestClient::connect(loop->get(), server->endpoint());
    }
    ~CallServerTest() override {
        client.reset();
        server.reset();
    }

    struct Piece {
        bool is_last = false;
        std::string bytes;
        std::string result;
    };
    template <typename M>
    std::shared_ptr<std::optional<Result<Piece>>> ask(const M& message) {
        auto box = std::make_shared<std::optional<Result<Piece>>>();
        transport::call(
            *client, message, {.timeout = transport::patience},
            [box](Result<schema::CallPiece> piece, const std::vector<transport::Frame>& frames) {
                if (!piece) {
                    *box = std::unexpected(piece.error());
                    return;
                }
                Piece read{.is_last = piece->is_last, .bytes = {}, .result = piece->result};
                for (const auto& frame : frames) read.bytes += frame.view();
                *box = std::move(read);
            });
        return box;
    }
    Result<Piece> wait(const std::shared_ptr<std::optional<Result<Piece>>>& box) {
        EXPECT_TRUE(loop->run_until([&box] { return box->has_value(); }));
        return **box;
    }
    static std::string id(int number) { return fmt::format("{:032}", number); }
    auto start(int number, const std::string& task) {
        return ask(schema::StartCall{.call_id = id(number), .task = task});
    }
    auto read(int number) { return ask(schema::ReadCall{.call_id = id(number)}); }
    void close(int number) {
        transport::call(*client, schema::CloseCall{.call_id = id(number)}, {},
                        [](const Result<schema::Empty>&, const std::vector<transport::Frame>&) {});
    }
    // All of a call, or its error.
    Result<Piece> finish(int number, const std::string& task) {
        Piece whole;
        auto piece = wait(start(number, task));
        while (piece) {
            EXPECT_LE(piece->bytes.size(), schema::call_piece_bytes_max);
            whole.bytes += piece->bytes;
            whole.result = piece->result;
            if (piece->is_last) return whole;
            piece = wait(read(number));
        }
        return piece;
    }
    double metric(std::string_view name) {
        for (const auto& one : server->metrics()) {
            if (one.name == name) return one.value;
        }
        return -1;
    }

    transport::TestFolder folder;
    std::unique_ptr<TestLoop> loop;
    std::unique_ptr<TestProcess> process;
    std::unique_ptr<ChildJobs> children;
    LaneConfig config;
    std::unique_ptr<CallServer> server;
    std::unique_ptr<transport::RequestClient> client;
};

TEST_F(CallServerTest, what_the_child_writes_arrives_whole_and_its_result_last) {
    const std::string text(3 << 20, 'y');
    const auto echoed = finish(1, "echo " + text);
    ASSERT_TRUE(echoed);
    EXPECT_TRUE(echoed->bytes == text);
    EXPECT_EQ(echoed->result, "echoed");
    EXPECT_EQ(wait(read(1)).error().code, ErrorCode::not_found) << "it is over";
}

TEST_F(CallServerTest, what_an_executor_ends_with_arrives_whole_and_in_pieces) {
    Echo echo;
    client.reset();
    auto opened =
        CallServer::open(*process, config, echo, [](std::string_view task) -> Result<CallWork> {
            const bool fails = task == "fail";
            return CallWork{.parameters = fails ? "fail" : "echo", .input = std::string(task)};
        });
    ASSERT_TRUE(opened);
    server = *std::move(opened);
    client = transport::RequestClient::connect(loop->get(), server->endpoint());
    for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, schema::call_piece_bytes_max,
                                    schema::call_piece_bytes_max + 1, std::size_t{3} << 20}) {
        const std::string text(bytes, 'z');
        const auto echoed = finish(static_cast<int>(bytes), text);
        ASSERT_TRUE(echoed) << bytes;
        EXPECT_TRUE(echoed->bytes == text) << bytes;
        EXPECT_EQ(echoed->result, std::to_string(bytes));
    }
    EXPECT_EQ(wait(start(1'000'001, "short"))->bytes, "short") << "one answer is enough";
    EXPECT_EQ(finish(1'000'002, "fail").error().reason, "failed");
}

TEST_F(CallServerTest, errors_arrive_in_place_of_a_piece) {
    EXPECT_EQ(finish(1, "unreadable").error().reason, "unread");
    EXPECT_EQ(finish(2, "unknown").error().reason, "refused");
    EXPECT_EQ(finish(3, "crash").error().reason, "job_crashed");
    const auto half = wait(start(4, "break"));
    ASSERT_TRUE(half);
    EXPECT_EQ(half->bytes, "half");
    EXPECT_EQ(wait(read(4)).error().reason, "broken");
}

TEST_F(CallServerTest, who_reads_slowly_stops_only_their_own_child) {
    const auto slow = wait(start(1, "flood"));
    ASSERT_TRUE(slow);
    for (int i = 2; i < 6; ++i) EXPECT_EQ(finish(i, "echo quick")->bytes, "quick");
    EXPECT_EQ(metric("onput_worker_calls_running"), 1);
    std::size_t bytes = slow->bytes.size();
    while (true) {
        const auto piece = wait(read(1));
        ASSERT_TRUE(piece);
        bytes += piece->bytes.size();
        if (piece->is_last) break;
    }
    EXPECT_EQ(bytes, 64U << 20);
}

TEST_F(CallServerTest, a_closed_call_gives_its_place_to_the_next) {
    ASSERT_TRUE(wait(start(1, "flood")));
    ASSERT_TRUE(wait(start(2, "flood")));
    const auto waiting = start(3, "echo third");
    EXPECT_TRUE(loop->run_until([this] { return metric("onput_worker_calls_waiting") == 1; }));
    close(1);
    EXPECT_EQ(wait(waiting)->bytes, "third");
    EXPECT_EQ(wait(read(1)).error().code, ErrorCode::not_found);
}

TEST_F(CallServerTest, a_worker_that_leaves_finishes_what_it_has) {
    ASSERT_TRUE(wait(start(1, "flood")));
    bool has_left = false;
    server->leave([&has_left] { has_left = true; });
    EXPECT_EQ(wait(start(2, "echo late")).error().reason, "leaving");
    EXPECT_FALSE(has_left);
    close(1);
    EXPECT_TRUE(loop->run_until([&has_left] { return has_left; }));
}

TEST_F(CallServerTest, a_worker_that_ends_says_so_to_who_waits) {
    ASSERT_TRUE(wait(start(1, "flood")));
    ASSERT_TRUE(wait(start(2, "flood")));
    const auto waiting = start(3, "echo third");
    EXPECT_TRUE(loop->run_until([this] { return metric("onput_worker_calls_waiting") == 1; }));
    server.reset();
    EXPECT_EQ(wait(waiting).error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace onput::worker
