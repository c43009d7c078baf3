#include "common/transport/request.hpp"

#include <sys/stat.h>

#include "common/transport/request_limits.hpp"
#include "common/transport/socket.hpp"
#include "tests/common/transport/request_harness.hpp"

namespace onput::transport {
namespace {

class RequestTest : public testing::Test {
protected:
    void serve(RequestServer::Handler handler) {
        server = bind_server(loop.get(), endpoint, std::move(handler));
    }
    void serve_echo_here() {
        serve([this](Request request) {
            seen.push_back(request.header);
            server->reply(request.reply_to, Reply{.body = std::move(request.body),
                                                  .attachments = std::move(request.attachments)});
        });
    }
    void connect() { client = RequestClient::connect(loop.get(), endpoint); }
    bool wait_for(std::size_t count) {
        return loop.run_until([&] { return results.all.size() >= count; });
    }

    TestFolder folder;
    std::string endpoint = folder.ipc("s");
    TestLoop loop;
    std::unique_ptr<RequestServer> server;
    std::unique_ptr<RequestClient> client;
    Results results;
    std::vector<schema::RequestHeader> seen;
};

TEST_F(RequestTest, a_reply_carries_body_and_attachments) {
    serve_echo_here();
    connect();
    CallOptions options;
    options.attachments.emplace_back(std::string("one"));
    options.attachments.emplace_back(std::string(100'000, 'x'));
    options.attachments.emplace_back();
    client->call("test.echo", "body", std::move(options), results.take());
    ASSERT_TRUE(wait_for(1));
    ASSERT_TRUE(results.all[0]);
    EXPECT_EQ(results.all[0]->body, "body");
    ASSERT_EQ(results.all[0]->attachments.size(), 3U);
    EXPECT_EQ(results.all[0]->attachments[0].view(), "one");
    EXPECT_EQ(results.all[0]->attachments[1].size(), 100'000U);
    EXPECT_EQ(results.all[0]->attachments[2].size(), 0U);
}

TEST_F(RequestTest, the_header_carries_method_time_trace_and_principal) {
    serve_echo_here();
    connect();
    client->call("test.echo", "",
                 {.timeout = 5s,
                  .trace = {.trace_id = "t", .cause_event_id = "e", .depth = 3},
                  .principal = {.account = "000000000000", .id = "me"}},
                 results.take());
    ASSERT_TRUE(wait_for(1));
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].method, "test.echo");
    EXPECT_GT(seen[0].timeout_ms, 0U);
    EXPECT_LE(seen[0].timeout_ms, 5000U);
    EXPECT_EQ(seen[0].trace.cause_event_id, "e");
    EXPECT_EQ(seen[0].principal.id, "me");
}

TEST_F(RequestTest, an_error_comes_back_with_reason_and_details) {
    const Error error{.code = ErrorCode::conflict,
                      .message = "it has changed",
                      .reason = "changed",
                      .details = {{"Name", "a"}, {"Value", "b"}}};
    serve([&](const Request& request) { server->reply(request.reply_to, std::unexpected(error)); });
    connect();
    client->call("test.fail", "", {}, results.take());
    ASSERT_TRUE(wait_for(1));
    ASSERT_FALSE(results.all[0]);
    EXPECT_EQ(results.all[0].error(), error);
}

TEST_F(RequestTest, an_error_code_of_a_later_version_is_internal) {
    serve([&](const Request& request) {
        server->reply(request.reply_to, fail(static_cast<ErrorCode>(999), "news"));
    });
    connect();
    client->call("test.fail", "", {}, results.take());
    ASSERT_TRUE(wait_for(1));
    EXPECT_EQ(results.all[0].error().code, ErrorCode::internal);
}

TEST_F(RequestTest, replies_may_come_in_another_order_than_the_calls) {
    std::vector<Request> held;
    serve([&](Request request) {
        held.push_back(std::move(request));
        if (held.size() < 2) return;
        server->reply(held[1].reply_to, Reply{.body = held[1].body});
        server->reply(held[0].reply_to, Reply{.body = held[0].body});
    });
    connect();
    client->call("test.echo", "first", {}, results.take());
    client->call("test.echo", "second", {}, results.take());
    ASSERT_TRUE(wait_for(2));
    EXPECT_EQ(results.all[0]->body, "second");
    EXPECT_EQ(results.all[1]->body, "first");
}

TEST_F(RequestTest, a_call_that_is_not_answered_times_out_once) {
    std::vector<ReplyTo> held;
    serve([&](const Request& request) { held.push_back(request.reply_to); });
    connect();
    client->call("test.silence", "", {.timeout = 20ms}, results.take());
    ASSERT_TRUE(wait_for(1));
    EXPECT_EQ(results.all[0].error().code, ErrorCode::timeout);
    EXPECT_EQ(client->open_calls(), 0U);
    // Its late answer is nobody's.
    ASSERT_EQ(held.size(), 1U);
    server->reply(held[0], Reply{});
    client->call("test.silence", "", {.timeout = 20ms}, results.take());
    ASSERT_TRUE(wait_for(2));
    EXPECT_EQ(results.all[1].error().code, ErrorCode::timeout);
}

TEST_F(RequestTest, a_call_to_nobody_times_out_and_says_that_it_was_never_sent) {
    connect();
    client->call("test.echo", "", {.timeout = 5ms}, results.take());
    ASSERT_TRUE(wait_for(1));
    EXPECT_EQ(results.all[0].error().code, ErrorCode::timeout);
    EXPECT_EQ(results.all[0].error().reason, "never_sent");
}

TEST_F(RequestTest, a_call_that_does_not_wait_is_refused_where_nobody_is_connected) {
    connect();
    client->call("test.echo", "now", {.timeout = 60s, .waits = false}, results.take());
    ASSERT_TRUE(wait_for(1));
    ASSERT_FALSE(results.all[0]);
    EXPECT_EQ(results.all[0].error().code, ErrorCode::unavailable);
    EXPECT_EQ(results.all[0].error().reason, "not_connected");
    EXPECT_EQ(client->open_calls(), 0U);
    serve_echo_here();
    ASSERT_TRUE(loop.run_until([&] { return client->is_connected(); }));
    client->call("test.echo", "then", {.waits = false}, results.take());
    ASSERT_TRUE(wait_for(2));
    EXPECT_EQ(results.all[1].value().body, "then");
    EXPECT_EQ(seen.size(), 1U);
}

TEST_F(RequestTest, calls_made_before_the_server_is_there_wait_for_it_in_order) {
    connect();
    for (const char* const body : {"a", "b", "c"})
        client->call("test.echo", body, {}, results.take());
    EXPECT_FALSE(client->is_connected());
    serve_echo_here();
    ASSERT_TRUE(wait_for(3));
    EXPECT_EQ(results.all[0]->body, "a");
    EXPECT_EQ(results.all[2]->body, "c");
    EXPECT_TRUE(client->is_connected());
}

TEST_F(RequestTest, a_callback_may_call_again) {
    serve_echo_here();
    connect();
    client->call("test.echo", "first", {}, [&](const Result<Reply>&) {
        client->call("test.echo", "second", {}, results.take());
    });
    ASSERT_TRUE(wait_for(1));
    EXPECT_EQ(results.all[0]->body, "second");
}

TEST_F(RequestTest, a_call_above_a_limit_is_refused_and_not_sent) {
    serve_echo_here();
    connect();
    CallOptions many;
    many.attachments.resize(attachments_max + 1);
    client->call("test.echo", "", std::move(many), results.take());
    client->call("test.echo", std::string(request_bytes_max + 1, 'x'), {}, results.take());
    EXPECT_TRUE(results.all.empty()) << "a callback ran inside call";
    ASSERT_TRUE(wait_for(2));
    EXPECT_EQ(results.all[0].error().code, ErrorCode::resource_exhausted);
    EXPECT_EQ(results.all[1].error().code, ErrorCode::resource_exhausted);
    EXPECT_TRUE(seen.empty());
}

TEST_F(RequestTest, calls_above_the_open_calls_limit_are_refused) {
    connect();
    for (std::size_t i = 0; i < open_calls_max; ++i) client->call("test.echo", "", {}, [](auto) {});
    client->call("test.echo", "", {}, results.take());
    ASSERT_TRUE(wait_for(1));
    EXPECT_EQ(results.all[0].error().code, ErrorCode::resource_exhausted);
    EXPECT_EQ(client->open_calls(), open_calls_max);
}

TEST_F(RequestTest, calls_above_the_open_bytes_limit_are_refused) {
    connect();
    const std::size_t calls = open_call_bytes_max / request_bytes_max;
    for (std::size_t i = 0; i < calls; ++i) {
        CallOptions options;
        options.attachments.emplace_back(std::string(request_bytes_max, 'x'));
        client->call("test.echo", "", std::move(options), [](auto) {});
    }
    client->call("test.echo", "x", {}, results.take());
    ASSERT_TRUE(wait_for(1));
    EXPECT_EQ(results.all[0].error().code, ErrorCode::resource_exhausted);
}

TEST_F(RequestTest, a_reply_above_a_limit_becomes_an_internal_error) {
    serve([&](const Request& request) {
        Reply reply;
        reply.attachments.resize(attachments_max + 1);
        server->reply(request.reply_to, std::move(reply));
    });
    connect();
    client->call("test.big", "", {}, results.take());
    ASSERT_TRUE(wait_for(1));
    EXPECT_EQ(results.all[0].error().code, ErrorCode::internal);
}

TEST_F(RequestTest, the_largest_request_passes) {
    serve_echo_here();
    connect();
    CallOptions options;
    for (std::size_t i = 0; i < attachments_bytes_max / request_bytes_max; ++i) {
        options.attachments.emplace_back(std::string(request_bytes_max, 'x'));
    }
    client->call("test.echo", "", std::move(options), results.take());
    ASSERT_TRUE(wait_for(1));
    ASSERT_TRUE(results.all[0]) << results.all[0].error().message;
    EXPECT_EQ(results.all[0]->attachments.size(), attachments_bytes_max / request_bytes_max);
}

TEST_F(RequestTest, a_flood_of_requests_is_read_in_bounded_turns) {
    int in_turn = 0;
    int most_in_turn = 0;
    serve([&](const Request& request) {
        most_in_turn = std::max(most_in_turn, ++in_turn);
        server->reply(request.reply_to, Reply{});
    });
    loop.get().at_turn_end([&] { in_turn = 0; });
    connect();
    for (int i = 0; i < 5000; ++i) client->call("test.echo", "", {}, results.take());
    ASSERT_TRUE(wait_for(5000));
    EXPECT_GT(most_in_turn, 1);
    EXPECT_LE(most_in_turn, static_cast<int>(messages_per_turn));
}

TEST_F(RequestTest, closing_the_client_answers_what_is_open) {
    serve([](const Request&) {});
    connect();
    client->call("test.silence", "", {}, results.take());
    client.reset();
    ASSERT_EQ(results.all.size(), 1U);
    EXPECT_EQ(results.all[0].error().code, ErrorCode::unavailable);
}

TEST_F(RequestTest, a_wrong_endpoint_answers_every_call_with_invalid_argument) {
    endpoint = "http://localhost:80";
    connect();
    client->call("test.echo", "", {}, results.take());
    ASSERT_TRUE(wait_for(1));
    EXPECT_EQ(results.all[0].error().code, ErrorCode::invalid_argument);
}

TEST_F(RequestTest, a_taken_address_is_named) {
    endpoint = "tcp://127.0.0.1:*";
    serve_echo_here();
    const std::string taken = server->endpoints()[0];
    const auto second = RequestServer::bind(loop.get(), {taken}, [](const Request&) {});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().message, "bind " + taken + ": address in use");
}

TEST_F(RequestTest, a_living_processs_ipc_path_is_not_taken_over) {
    serve_echo_here();
    const auto second = RequestServer::bind(loop.get(), {endpoint}, [](const Request&) {});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().message, "bind " + endpoint + ": address in use");
}

TEST_F(RequestTest, an_ipc_socket_is_the_owners_alone) {
    serve_echo_here();
    struct stat status{};
    ASSERT_EQ(::stat(folder.file("s").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(RequestTest, one_server_answers_on_several_endpoints) {
    server = std::move(*RequestServer::bind(
        loop.get(), {endpoint, "tcp://127.0.0.1:*"},
        [this](const Request& request) { server->reply(request.reply_to, Reply{}); }));
    connect();
    const auto second = RequestClient::connect(loop.get(), server->endpoints()[1]);
    client->call("test.echo", "", {}, results.take());
    second->call("test.echo", "", {}, results.take());
    ASSERT_TRUE(wait_for(2));
    EXPECT_TRUE(results.all[0]);
    EXPECT_TRUE(results.all[1]);
}

class RequestDeathTest : public testing::TestWithParam<std::string> {
protected:
    [[nodiscard]] std::string endpoint() const {
        return GetParam() == "ipc" ? folder.ipc("s") : "tcp://127.0.0.1:17321";
    }
    TestFolder folder;
};
INSTANTIATE_TEST_SUITE_P(Transports, RequestDeathTest, testing::Values("ipc", "tcp"));

TEST_P(RequestDeathTest, calls_open_when_the_peer_is_killed_are_unavailable_at_once) {
    TestProcess process([this] { serve_echo(endpoint()); });
    TestLoop loop;
    Results results;
    const auto client = RequestClient::connect(loop.get(), endpoint());
    client->call("test.echo", "", {}, results.take());
    ASSERT_TRUE(loop.run_until([&] { return results.all.size() == 1; }));
    client->call("test.silence", "", {.timeout = 1h}, results.take());
    client->call("test.silence", "", {.timeout = 1h}, results.take());
    // Sent for certain: the echo behind them has come back.
    client->call("test.echo", "", {}, results.take());
    ASSERT_TRUE(loop.run_until([&] { return results.all.size() == 2; }));
    process.kill();
    ASSERT_TRUE(loop.run_until([&] { return results.all.size() == 4; }));
    EXPECT_EQ(results.all[2].error().code, ErrorCode::unavailable);
    EXPECT_EQ(results.all[2].error().reason, "peer_lost");
    EXPECT_EQ(results.all[3].error().reason, "peer_lost");
    EXPECT_FALSE(client->is_connected());
}

TEST_P(RequestDeathTest, a_peers_restart_is_ridden_through) {
    auto process = std::make_unique<TestProcess>([this] { serve_echo(endpoint()); });
    // Forked now, before the Context, and let go later: the peer's second life.
    std::array<int, 2> go{};
    ASSERT_EQ(::pipe(go.data()), 0);
    TestProcess second_life([&] {
        char byte = 0;
        if (::read(go[0], &byte, 1) == 1) serve_echo(endpoint());
    });
    TestLoop loop;
    Results results;
    const auto client = RequestClient::connect(loop.get(), endpoint());
    client->call("test.echo", "before", {}, results.take());
    ASSERT_TRUE(loop.run_until([&] { return results.all.size() == 1; }));
    process->kill();
    ASSERT_TRUE(loop.run_until([&] { return !client->is_connected(); }));
    client->call("test.echo", "while away", {}, results.take());
    ASSERT_EQ(::write(go[1], "x", 1), 1);
    ASSERT_TRUE(loop.run_until([&] { return results.all.size() == 2; }));
    ASSERT_TRUE(results.all[1]) << results.all[1].error().message;
    EXPECT_EQ(results.all[1]->body, "while away");
    ::close(go[0]);
    ::close(go[1]);
}

}  // namespace
}  // namespace onput::transport
