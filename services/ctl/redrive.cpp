// `onput redrive`: dead letters are tried again, by the queue service's move tasks.
#include <set>

#include <fmt/format.h>

#include "common/base/printable.hpp"
#include "common/schema/json.hpp"
#include "common/schema/queue.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/dead_letters.hpp"
#include "services/ctl/failures_text.hpp"
#include "services/ctl/find_instance.hpp"
#include "services/ctl/output.hpp"

namespace onput::ctl {
namespace {

constexpr Duration poll_interval = std::chrono::milliseconds(100);
// Letters of one object that are looked through for the queues that hold them.
constexpr std::size_t letters_of_object_max = 100'000;

class Redrive {
public:
    Redrive(const GlobalOptions& global, const RedriveOptions& options, const Instance& instance,
            Peers& peers)
        : options_(options),
          instance_(instance),
          peers_(peers),
          progress_({.quiet = global.quiet}) {}

    Result<std::vector<schema::MoveTaskInfo>> run() {
        ONPUT_TRY(const auto request, which_letters(options_.subject));
        if (!options_.to.empty()) ONPUT_TRY_VOID(check_queue(options_.to));
        ONPUT_TRY(const auto queues, queues_of(request));
        std::vector<schema::MoveTaskInfo> ended;
        for (const std::string& queue : queues) {
            ONPUT_TRY(ended.emplace_back(), move(queue, request));
        }
        progress_.clear();
        return ended;
    }

private:
    Result<std::set<std::string>> queues_of(const schema::ListDeadLetters& request) {
        if (!request.queue.empty()) {
            ONPUT_TRY_VOID(check_queue(request.queue));
            return std::set{request.queue};
        }
        ONPUT_TRY(const auto found, list_letters(peers_, request, letters_of_object_max));
        if (found.letters.empty()) {
            return fail(ErrorCode::not_found,
                        fmt::format("no dead-letter queue holds a message about {}; onput trace "
                                    "says what became of it",
                                    options_.subject));
        }
        std::set<std::string> queues;
        for (const auto& letter : found.letters) queues.insert(letter.queue);
        return queues;
    }

    // In words of ours: AWS's speak of parameters that nobody gave here.
    Result<void> check_queue(const std::string& queue) {
        const auto found = peers_.ask(peers_.queue(), schema::DescribeQueue{.name = queue});
        if (found) return {};
        if (found.error().code != ErrorCode::not_found) return std::unexpected(found.error());
        return fail(ErrorCode::not_found,
                    fmt::format("there is no queue {}; onput failures lists those that hold dead "
                                "letters",
                                queue));
    }

    [[nodiscard]] std::string arn_of(const std::string& queue) const {
        return fmt::format("arn:aws:sqs:{}:{}:{}", instance_.region, instance_.account, queue);
    }

    Result<schema::MoveTaskInfo> move(const std::string& queue,
                                      const schema::ListDeadLetters& request) {
        const schema::StartMoveTask start{
            .source_arn = arn_of(queue),
            .destination_arn = options_.to.empty() ? "" : arn_of(options_.to),
            .rate = options_.rate,
            .bucket = request.bucket,
            .key = request.key};
        if (const auto started = peers_.ask(peers_.queue(), start); !started) {
            return std::unexpected(
                Error(started.error()).with_context(fmt::format("redrive {}", queue)));
        }
        while (true) {
            ONPUT_TRY(
                const auto list,
                peers_.ask(peers_.queue(), schema::ListMoveTasks{.source_arn = start.source_arn}));
            if (list.tasks.empty()) {
                return fail(ErrorCode::not_found, fmt::format("queue {} was deleted", queue));
            }
            const auto& task = list.tasks.front();
            if (task.status != "RUNNING") return task;
            progress_.show(fmt::format("{}: {} of {} moved ...", queue, task.moved, task.to_move));
            peers_.loop().after(poll_interval, [this] { peers_.loop().stop(); });
            peers_.loop().run();
        }
    }

    const RedriveOptions& options_;
    const Instance& instance_;
    Peers& peers_;
    Progress progress_;
};

void print(const GlobalOptions& global, const std::vector<schema::MoveTaskInfo>& tasks) {
    if (global.output == OutputFormat::json) {
        json::Writer out;
        out.begin_object();
        out.name("tasks");
        schema::detail::write_json(out, tasks);
        out.end_object();
        fmt::print("{}\n", out.take());
        return;
    }
    for (const auto& task : tasks) fmt::print("{}", printable_lines(redrive_text(task)));
}

}  // namespace

ExitCode run_redrive(const GlobalOptions& global, const RedriveOptions& options) {
    const auto instance = find_running(data_directory(global.data));
    if (!instance) return report("redrive", instance.error());
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    const auto ended = Redrive(global, options, *instance, peers).run();
    if (!ended) return report("redrive", ended.error());
    print(global, *ended);
    for (const auto& task : *ended) {
        if (task.status != "COMPLETED") return ExitCode::failed;
    }
    return ExitCode::ok;
}

}  // namespace onput::ctl
