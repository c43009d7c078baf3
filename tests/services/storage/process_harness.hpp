// The real onput-storage process with a fake notifier: both are spoken to over ipc sockets.
#pragma once

#include <csignal>
#include <fcntl.h>
#include <map>
#include <memory>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/schema/notifier.hpp"
#include "common/schema/storage_objects.hpp"
#include "common/transport/request.hpp"
#include "tests/support/temp_directory.hpp"

namespace onput::storage {

// Generous: only a failing test waits for it in full.
inline constexpr Duration patience = std::chrono::seconds(30);

// Keeps what it is handed, once per number, as the notifier does.
class FakeNotifier {
public:
    FakeNotifier(transport::Loop& loop, const std::string& endpoint) {
        auto bound = transport::RequestServer::bind(
            loop, {endpoint}, [this](transport::Request request) { handle(request); });
        EXPECT_TRUE(bound);
        server_ = *std::move(bound);
    }

    bool is_refusing = false;
    std::vector<std::string> refusals;  // For CheckDestinations; empty: all agree.
    std::vector<schema::ObjectEvent> journal;
    std::uint64_t through = 0;
    std::string source;
    std::size_t checks = 0;

private:
    void handle(const transport::Request& request) {
        if (is_refusing) {
            server_->reply(request.reply_to, fail(ErrorCode::unavailable, "the test says no"));
        } else if (request.header.method == schema::AppendEvents::method) {
            append(request);
        } else if (request.header.method == schema::CheckDestinations::method) {
            check(request);
        }
    }
    void append(const transport::Request& request) {
        const auto message = schema::decode<schema::AppendEvents>(request.body);
        ASSERT_TRUE(message);
        ASSERT_EQ(message->numbers.size(), request.attachments.size());
        ASSERT_TRUE(source.empty() || source == message->source);
        source = message->source;
        for (std::size_t i = 0; i < message->numbers.size(); ++i) {
            if (message->numbers[i] <= through) continue;
            ASSERT_EQ(message->numbers[i], through + 1);
            through = message->numbers[i];
            journal.push_back(*schema::decode<schema::ObjectEvent>(request.attachments[i].view()));
        }
        answer(request, schema::EventsAppended{.through = through});
    }
    void check(const transport::Request& request) {
        ++checks;
        const auto message = schema::decode<schema::CheckDestinations>(request.body);
        ASSERT_TRUE(message);
        auto texts = refusals;
        texts.resize(message->arns.size());
        answer(request, schema::DestinationsChecked{.refusals = std::move(texts)});
    }
    template <typename M>
    void answer(const transport::Request& request, const M& message) {
        server_->reply(request.reply_to, transport::Reply{.body = schema::encode(message)});
    }

    std::unique_ptr<transport::RequestServer> server_;
};

class StorageProcess {
public:
    explicit StorageProcess(std::vector<std::string> arguments)
        : arguments_(std::move(arguments)) {}
    ~StorageProcess() { kill(); }
    StorageProcess(const StorageProcess&) = delete;
    StorageProcess& operator=(const StorageProcess&) = delete;

    void start() {
        pid_ = ::fork();
        ASSERT_GE(pid_, 0);
        if (pid_ != 0) return;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        std::vector<char*> argv;
        for (auto& argument : arguments_) argv.push_back(argument.data());
        argv.push_back(nullptr);
        ::execv(argv[0], argv.data());
        ::_exit(127);
    }
    void kill() { end(SIGKILL); }
    // The exit status of a clean end.
    int terminate() { return end(SIGTERM); }

private:
    int end(int signal) {
        if (pid_ <= 0) return -1;
        ::kill(pid_, signal);
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    std::vector<std::string> arguments_;
    pid_t pid_ = 0;
};

class ProcessHarness {
public:
    ProcessHarness() : ProcessHarness(std::string()) {}
    // On a data directory of the caller's; empty: one of its own.
    explicit ProcessHarness(const std::string& data)
        : process({ONPUT_STORAGE_BINARY, "--data", data.empty() ? folder.path_of("data") : data,
                   "--endpoints", endpoint("storage"), "--notifier-endpoint", endpoint("notifier"),
                   "--log-level", "warn", "--segment-bytes", "8388608"}) {
        process.start();
        client = transport::RequestClient::connect(loop, endpoint("storage"));
    }

    std::string endpoint(const std::string& name) const { return "ipc://" + folder.path_of(name); }

    bool wait_until(const std::function<bool()>& condition) {
        if (condition()) return true;
        bool is_true = false;
        const auto look = loop.every(std::chrono::milliseconds(1), [&] {
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
    struct Answered {
        Result<typename M::Reply> reply = fail(ErrorCode::timeout, "no answer");
        std::string bytes;
    };

    // Asks and waits.
    template <schema::Message M>
    Answered<M> ask(const M& message, const std::string& bytes = {}) {
        Answered<M> answered;
        bool is_done = false;
        send<M>(message, bytes, [&](Answered<M> got) {
            answered = std::move(got);
            is_done = true;
        });
        EXPECT_TRUE(wait_until([&] { return is_done; }));
        return answered;
    }

    template <schema::Message M>
    void send(const M& message, const std::string& bytes, std::function<void(Answered<M>)> done) {
        transport::CallOptions options;
        options.timeout = patience;
        options.principal = {.account = "000000000000", .id = "AKID"};
        if (!bytes.empty()) options.attachments.emplace_back(bytes);
        transport::call(*client, message, std::move(options),
                        [done = std::move(done)](Result<typename M::Reply> reply,
                                                 std::vector<transport::Frame> frames) {
                            Answered<M> got{.reply = std::move(reply)};
                            for (const auto& frame : frames) got.bytes += frame.view();
                            done(std::move(got));
                        });
    }

    // A call that was open when the process was killed, or sent before it is back, is asked again.
    template <schema::Message M>
    Answered<M> insist(const M& message, const std::string& bytes = {}) {
        while (true) {
            auto answered = ask(message, bytes);
            if (answered.reply || answered.reply.error().code != ErrorCode::unavailable) {
                return answered;
            }
        }
    }

    void create_bucket() {
        ASSERT_TRUE(insist(schema::CreateBucket{.name = "photos", .region = ""}).reply);
    }

    static schema::PutObject put_request(const std::string& key, const std::string& bytes) {
        schema::PutObject request;
        request.bucket = "photos";
        request.key = key;
        request.size_bytes = bytes.size();
        request.etag = to_hex(Digest::of(DigestAlgorithm::md5, bytes));
        return request;
    }

    Result<schema::ObjectPut> put(const std::string& key, const std::string& bytes) {
        return ask(put_request(key, bytes), bytes).reply;
    }

    schema::WriteOpened open_write(const std::string& key) {
        auto opened = ask(schema::OpenWrite{.bucket = "photos", .key = key}).reply;
        EXPECT_TRUE(opened);
        return opened ? *opened : schema::WriteOpened{};
    }

    // All of `bytes` in pieces, as many at a time as the credit allows.
    void append_all(const schema::WriteOpened& opened, const std::string& bytes,
                    std::size_t piece) {
        std::size_t offset = 0;
        std::size_t unanswered = 0;
        std::size_t failures = 0;
        while (offset < bytes.size() || unanswered > 0) {
            while (offset < bytes.size() && unanswered < opened.credit) {
                const auto part = bytes.substr(offset, piece);
                ++unanswered;
                send<schema::AppendWrite>({.write_id = opened.write_id, .offset = offset}, part,
                                          [&](const Answered<schema::AppendWrite>& got) {
                                              --unanswered;
                                              if (!got.reply) ++failures;
                                          });
                offset += part.size();
            }
            ASSERT_TRUE(wait_until([&] { return unanswered < opened.credit; }));
            if (offset >= bytes.size()) {
                ASSERT_TRUE(wait_until([&] { return unanswered == 0; }));
            }
        }
        ASSERT_EQ(failures, 0U);
    }

    Result<schema::ObjectPut> stream(const std::string& key, const std::string& bytes,
                                     std::size_t piece = 700'000) {
        const auto opened = open_write(key);
        append_all(opened, bytes, piece);
        return ask(schema::FinishWrite{.write_id = opened.write_id,
                                       .object = put_request(key, bytes)})
            .reply;
    }

    Answered<schema::GetObject> get(const std::string& key,
                                    std::optional<schema::ByteRange> range = {}) {
        return insist(schema::GetObject{.bucket = "photos", .key = key, .range = range});
    }

    // The whole object, by a read session when it is large.
    std::string read_all(const std::string& key) {
        auto got = get(key);
        EXPECT_TRUE(got.reply) << got.reply.error().message;
        if (!got.reply || got.reply->read_id == 0) return got.bytes;
        std::string all;
        const auto read_id = got.reply->read_id;
        while (all.size() < got.reply->length) {
            const auto length =
                std::min<std::uint64_t>(schema::chunk_bytes_max, got.reply->length - all.size());
            auto piece = ask(schema::ReadObject{.read_id = read_id,
                                                .offset = all.size(),
                                                .length = static_cast<std::uint32_t>(length)});
            EXPECT_TRUE(piece.reply);
            if (!piece.reply || piece.bytes.empty()) return all;
            all += piece.bytes;
        }
        EXPECT_TRUE(ask(schema::CloseRead{.read_id = read_id}).reply);
        return all;
    }

    void start_notifier() { notifier = std::make_unique<FakeNotifier>(loop, endpoint("notifier")); }

    void kill_and_start() {
        process.kill();
        process.start();
    }

    support::TempDirectory folder;
    StorageProcess process;
    transport::Context context;
    transport::Loop loop{context};
    std::unique_ptr<FakeNotifier> notifier;
    std::unique_ptr<transport::RequestClient> client;
};

}  // namespace onput::storage
