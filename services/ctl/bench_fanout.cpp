// `onput bench fanout`: messages published to a topic with many queue subscriptions, until each
// queue has each of them.
#include <fmt/format.h>

#include "common/base/random.hpp"
#include "common/schema/queue.hpp"
#include "common/schema/topics.hpp"
#include "services/ctl/bench.hpp"
#include "services/ctl/peers.hpp"
#include "services/ctl/pipeline_topics.hpp"

namespace onput::ctl {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t subscriptions = 100;
constexpr std::uint32_t clients_default = 32;
constexpr std::uint64_t message_bytes_default = 256;
constexpr Duration patience = std::chrono::seconds(60);

class FanoutRun {
public:
    FanoutRun(Peers& peers, const Instance& instance, const BenchOptions& options)
        : peers_(peers),
          instance_(instance),
          options_(options),
          name_("onput-bench-" + Random::from_system().hex(8)),
          clients_(options.clients != 0 ? options.clients : clients_default),
          message_(options.size_bytes != 0 ? options.size_bytes : message_bytes_default, 'x') {}

    Result<BenchResult> run() {
        ONPUT_TRY_VOID(prepare());
        const auto begin = Clock::now();
        bool is_over = false;
        peers_.loop().after(std::chrono::seconds(options_.seconds), [&is_over] { is_over = true; });
        for (std::uint32_t i = 0; i < clients_; ++i) publish(is_over);
        peers_.loop().run();
        if (failure_) return std::unexpected(*failure_);
        const double publishing = std::chrono::duration<double>(Clock::now() - begin).count();
        ONPUT_TRY_VOID(await_all());
        const double all = std::chrono::duration<double>(Clock::now() - begin).count();
        const auto published = static_cast<double>(published_);
        return BenchResult{
            .title = fmt::format("{} B published durably to {} queue subscriptions, raw",
                                 message_.size(), subscriptions),
            .metrics = {{"publishes/s", published / publishing},
                        {"deliveries/s", published * static_cast<double>(subscriptions) / all},
                        {"published", published},
                        {"seconds until the last queue had the last message", all}}};
    }

private:
    Result<void> prepare() {
        Pipeline pipeline;
        pipeline.topics.push_back({.name = name_});
        for (std::size_t i = 0; i < subscriptions; ++i) {
            const std::string queue = fmt::format("{}-{}", name_, i);
            pipeline.queues.push_back(queue);
            pipeline.subscriptions.push_back(
                {.topic = name_, .protocol = "sqs", .endpoint = queue, .is_raw = true});
        }
        std::vector<PipelineChange> changes;
        return apply_pipeline(pipeline, instance_, peers_, changes);
    }

    // One of `clients` chains: the next publish when this one is answered.
    void publish(const bool& is_over) {
        if (is_over || failure_) {
            if (open_ == 0) peers_.loop().stop();
            return;
        }
        ++open_;
        schema::PublishMessages request{.topic_arn = topic_arn(instance_, name_)};
        request.entries.push_back({.message = message_});
        transport::call(peers_.notifier(), request,
                        {.timeout = patience, .principal = peers_.principal()},
                        [this, &is_over](const Result<schema::MessagesPublished>& answer,
                                         const std::vector<transport::Frame>&) {
                            --open_;
                            if (answer) {
                                ++published_;
                            } else {
                                failure_ = answer.error();
                            }
                            publish(is_over);
                        });
    }

    Result<void> await_all() {
        const auto deadline = Clock::now() + patience;
        for (std::size_t i = 0; i < subscriptions; ++i) {
            const schema::DescribeQueue request{.name = fmt::format("{}-{}", name_, i)};
            while (true) {
                ONPUT_TRY(const auto queue, peers_.ask(peers_.queue(), request));
                const auto held = queue.attributes.find("ApproximateNumberOfMessages");
                if (held != queue.attributes.end() && held->second == std::to_string(published_))
                    break;
                if (Clock::now() > deadline) {
                    return fail(ErrorCode::timeout,
                                fmt::format("queue {} has {} of {} messages", request.name,
                                            held->second, published_));
                }
            }
        }
        return {};
    }

    Peers& peers_;
    const Instance& instance_;
    const BenchOptions& options_;
    std::string name_;
    std::uint32_t clients_;
    std::string message_;
    std::uint64_t published_ = 0;
    std::uint32_t open_ = 0;
    std::optional<Error> failure_;
};

}  // namespace

Result<BenchResult> bench_fanout(const Instance& instance, const BenchOptions& options) {
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, instance);
    return FanoutRun(peers, instance, options).run();
}

}  // namespace onput::ctl
