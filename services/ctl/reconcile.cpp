// `onput reconcile`: whether every upload of a bucket has its result in another one, or its
// failure. An upload and what was made of it have the same trace.
#include <map>
#include <optional>
#include <set>
#include <unordered_set>

#include <fmt/format.h>

#include "common/base/printable.hpp"
#include "common/base/random.hpp"
#include "services/ctl/find_instance.hpp"
#include "services/ctl/journal_commands.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/peers.hpp"
#include "services/ctl/reconcile_text.hpp"
#include "services/ctl/replay_source.hpp"

namespace onput::ctl {
namespace {

constexpr std::uint64_t show_every = 100;

class Reconcile {
public:
    Reconcile(const GlobalOptions& global, const ReconcileSettings& options, Peers& peers)
        : global_(global), options_(options), peers_(peers), progress_({.quiet = global.quiet}) {
        found_.bucket = options.bucket;
        found_.against = options.against;
    }

    Result<Reconciliation> run() {
        ONPUT_TRY_VOID(for_each(options_.against, "", [this](const schema::ObjectInfo& info) {
            results_.insert(info.trace_id);
            return Result<void>();
        }));
        ONPUT_TRY_VOID(for_each(options_.bucket, options_.prefix,
                                [this](const schema::ObjectInfo& info) { return judge(info); }));
        if (options_.resends) ONPUT_TRY_VOID(resend_missing());
        if (options_.redrives) redrive_failed();
        progress_.clear();
        return std::move(found_);
    }

private:
    template <typename Visit>
    Result<void> for_each(const std::string& bucket, const std::string& prefix, Visit visit) {
        schema::ListObjects request{.bucket = bucket, .prefix = prefix};
        std::uint64_t seen = 0;
        while (true) {
            ONPUT_TRY(const auto list, peers_.ask(peers_.storage(), request));
            for (const auto& object : list.objects) {
                const auto info = peers_.ask(
                    peers_.storage(), schema::HeadObject{.bucket = bucket, .key = object.key});
                // It went away meanwhile.
                if (!info && info.error().code == ErrorCode::not_found) continue;
                if (!info) return std::unexpected(info.error());
                ONPUT_TRY_VOID(visit(*info));
                if (++seen % show_every == 0) {
                    progress_.show(fmt::format("{}: {} objects looked at ...", bucket, seen));
                }
            }
            if (!list.is_truncated) return {};
            request.after = list.next_after;
        }
    }

    Result<void> judge(const schema::ObjectInfo& info) {
        if (!info.key.ends_with(options_.suffix)) return {};
        Upload upload{.key = info.key, .trace_id = info.trace_id};
        // The uploads are results themselves when both buckets are one.
        const bool is_same = options_.bucket == options_.against;
        if (!is_same && results_.contains(info.trace_id)) {
            upload.state = UploadState::has_result;
        } else {
            const auto story = read_story(peers_, info.trace_id);
            const bool is_unknown = !story && story.error().code == ErrorCode::not_found;
            if (!story && !is_unknown) return std::unexpected(story.error());
            if (story) upload.state = state_of(story->outcome);
            upload.why = story ? std::string(to_string(story->outcome))
                               : "the journal no longer has its event";
        }
        found_.add(std::move(upload));
        return {};
    }

    // What is sent to one destination is one replay, an upload a page.
    struct Sending {
        std::string name = {};
        std::uint64_t pages = 0;
    };
    using Sendings = std::map<std::string, Sending>;  // By destination.

    [[nodiscard]] schema::ResendEvents next_page(const std::string& destination,
                                                 Sending& sending) const {
        schema::ResendEvents page{
            .name = sending.name,
            .destination = destination,
            .source = fmt::format("bucket: {}, missing in {}", options_.bucket, options_.against)};
        if (sending.pages > 0) page.after = std::to_string(sending.pages);
        page.position = std::to_string(++sending.pages);
        return page;
    }

    // To the destinations of the rules that it matches now: what an interruption leaves out is
    // missing still, and what was sent is running or has its result.
    Result<void> resend_missing() {
        Random random = Random::from_system();
        const std::string run = "reconcile-" + random.hex(12);
        Sendings sendings;
        auto sent = send_missing(run, sendings);
        // A replay that is not ended would take the place of another one.
        for (auto& [destination, sending] : sendings) {
            if (sending.pages == 0) continue;  // Its first page failed.
            schema::ResendEvents last = next_page(destination, sending);
            last.is_last = true;
            const auto ended = send_page(peers_, last, {});
            if (sent && !ended) sent = std::unexpected(ended.error());
        }
        return sent;
    }

    Result<void> send_missing(const std::string& run, Sendings& sendings) {
        for (const Upload& upload : found_.uploads) {
            if (upload.state != UploadState::missing) continue;
            ONPUT_TRY(const auto event, event_of(upload.key));
            ONPUT_TRY(const auto explained,
                      peers_.ask(peers_.storage(),
                                 schema::ExplainEvent{.bucket = options_.bucket,
                                                      .key = upload.key,
                                                      .event_name = "s3:ObjectCreated:Put"}));
            std::set<std::string> destinations;
            for (const auto& rule : explained.rules) {
                if (rule.matches && event) destinations.insert(rule.destination_arn);
            }
            bool is_sent = false;
            for (const auto& destination : destinations) {
                Sending& sending = sendings[destination];
                if (sending.pages == 0) sending.name = fmt::format("{}-{}", run, sendings.size());
                const auto sent = send_page(peers_, next_page(destination, sending), {*event});
                if (!sent) {
                    --sending.pages;
                    return std::unexpected(sent.error());
                }
                is_sent = is_sent || sent->events > 0;
            }
            if (is_sent) ++found_.resent;
        }
        return {};
    }

    // Nothing: it went away.
    Result<std::optional<std::string>> event_of(const std::string& key) {
        ONPUT_TRY(const auto list,
                  peers_.ask(peers_.storage(),
                             schema::ListObjects{
                                 .bucket = options_.bucket, .prefix = key, .keys_max = 1}));
        const auto info =
            peers_.ask(peers_.storage(), schema::HeadObject{.bucket = options_.bucket, .key = key});
        if (!info && info.error().code == ErrorCode::not_found) return std::nullopt;
        if (!info) return std::unexpected(info.error());
        return event_of_upload(list, *info);
    }

    void redrive_failed() {
        for (const Upload& upload : found_.uploads) {
            if (upload.state != UploadState::failed) continue;
            const RedriveOptions redrive{
                .subject = to_string(ObjectUrl{.bucket = options_.bucket, .key = upload.key}),
                .to = {},
                .rate = {}};
            // What no dead-letter queue holds was told by the command itself.
            if (run_redrive(global_, redrive) == ExitCode::ok) ++found_.redriven;
        }
    }

    const GlobalOptions& global_;
    const ReconcileSettings& options_;
    Peers& peers_;
    Progress progress_;
    std::unordered_set<std::string> results_;  // The traces of what is in the other bucket.
    Reconciliation found_;
};

void print(const GlobalOptions& global, const Reconciliation& found) {
    if (global.output == OutputFormat::json) {
        fmt::print("{}\n", json_of(found));
        return;
    }
    if (!found.uploads.empty()) {
        Table table({"STATE", "KEY", "WHY"});
        for (const auto& upload : found.uploads) {
            const Tone tone = upload.state == UploadState::missing  ? Tone::bad
                              : upload.state == UploadState::failed ? Tone::warning
                                                                    : Tone::plain;
            table.add({std::string(to_string(upload.state)), upload.key, upload.why}, tone);
        }
        fmt::print("{}", table.text());
    }
    fmt::print("{}\n", printable(summary_of(found)));
}

}  // namespace

ExitCode run_reconcile(const GlobalOptions& global, const ReconcileSettings& options) {
    const auto instance = find_running(data_directory(global.data));
    if (!instance) return report("reconcile", instance.error());
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    const auto found = Reconcile(global, options, peers).run();
    if (!found) return report("reconcile", found.error());
    print(global, *found);
    return exit_code_of(*found);
}

}  // namespace onput::ctl
