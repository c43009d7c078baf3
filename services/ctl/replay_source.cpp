#include "services/ctl/replay_source.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "common/events/glob.hpp"

namespace onput::ctl {
namespace {

constexpr std::string_view created = "ObjectCreated:Put";
// Positions in a bucket begin so: that behind nothing is none.
constexpr char key_mark = '/';

std::uint64_t number_in(const Error& error, std::string_view name) {
    for (const auto& [key, value] : error.details) {
        if (key == name) return parse_number<std::uint64_t>(value).value_or(0);
    }
    return 0;
}

class JournalReplay : public ReplaySource {
public:
    explicit JournalReplay(JournalChoice choice) : choice_(std::move(choice)) {}

    Result<ReplayPage> read(Peers& peers, const std::string& position) override {
        auto begun = position.empty() ? begin(peers) : parse_span(position);
        if (!begun) return std::unexpected(std::move(begun).error());
        ReplaySpan span = *std::move(begun);
        if (first_ == 0) first_ = span.done;
        ReplayPage page;
        if (span.done < span.last) ONPUT_TRY_VOID(fill(peers, span, page));
        page.position = format_span(span);
        page.is_last = span.done >= span.last;
        page.progress = fmt::format("{} of {} records", span.done - std::min(first_, span.done),
                                    span.last - std::min(first_, span.last));
        return page;
    }

private:
    Result<ReplaySpan> begin(Peers& peers) const {
        ONPUT_TRY(const auto from,
                  peers.ask(peers.notifier(), schema::FindJournal{.since = choice_.since}));
        ReplaySpan span{.epoch = from.epoch, .done = 0, .last = from.head_sequence};
        const std::uint64_t oldest = std::max<std::uint64_t>(from.first_sequence, 1);
        std::uint64_t first = choice_.since ? from.sequence : oldest;
        if (choice_.from_sequence != 0) first = choice_.from_sequence;
        span.done = first - 1;
        return span;
    }

    Result<void> fill(Peers& peers, ReplaySpan& span, ReplayPage& page) {
        const schema::FetchJournal fetch{
            .epoch = span.epoch,
            .from_sequence = span.done + 1,
            .records_max = static_cast<std::uint32_t>(
                std::min<std::uint64_t>(span.last - span.done, schema::resend_events_max))};
        std::vector<transport::Frame> records;
        const auto fetched = peers.ask(peers.notifier(), fetch, records);
        if (!fetched && fetched.error().reason == "truncated") {
            const std::uint64_t oldest = number_in(fetched.error(), "FirstSequence");
            if (oldest <= span.done + 1) return std::unexpected(fetched.error());
            choice_.say(
                fmt::format("-- truncated {}..{}: no longer kept", span.done + 1, oldest - 1));
            span.done = std::min(oldest - 1, span.last);
            return {};
        }
        if (!fetched) return std::unexpected(fetched.error());
        if (records.empty()) span.done = span.last;
        std::size_t bytes = 0;
        for (const auto& frame : records) {
            ONPUT_TRY(const auto record, schema::decode<schema::JournalRecord>(frame.view()));
            if (choice_.until && record.time > *choice_.until) {
                span.done = span.last;
                return {};
            }
            if (wants(record)) {
                bytes += record.body.size();
                if (bytes > schema::resend_bytes_max && !page.events.empty()) return {};
                page.events.push_back(record.body);
            }
            span.done = record.sequence;
        }
        return {};
    }

    [[nodiscard]] bool wants(const schema::JournalRecord& record) const {
        const auto body = read_record_body(record.body);
        if (!body || !takes(choice_.destination, record, *body)) return false;
        if (choice_.rule) {
            const auto* event = std::get_if<schema::ObjectEvent>(&*body);
            if (event == nullptr || !choice_.rule->matches(event->event_name, event->key)) {
                return false;
            }
        }
        return choice_.filter.matches(record, *body);
    }

    JournalChoice choice_;
    std::uint64_t first_ = 0;  // Where this run began.
};

class BucketReplay : public ReplaySource {
public:
    explicit BucketReplay(BucketChoice choice) : choice_(std::move(choice)) {}

    Result<ReplayPage> read(Peers& peers, const std::string& position) override {
        const std::string after = position.empty() ? position : position.substr(1);
        ONPUT_TRY(
            const auto list,
            peers.ask(peers.storage(), schema::ListObjects{.bucket = choice_.bucket,
                                                           .prefix = choice_.prefix,
                                                           .delimiter = {},
                                                           .after = after,
                                                           .keys_max = schema::resend_events_max}));
        ReplayPage page{.position = key_mark + after, .is_last = !list.is_truncated};
        std::size_t bytes = 0;
        for (const auto& object : list.objects) {
            if (wants(object.key)) {
                ONPUT_TRY(const auto event, event_of(peers, list, object.key));
                bytes += event ? event->size() : 0;
                if (bytes > schema::resend_bytes_max && !page.events.empty()) {
                    page.is_last = false;
                    break;
                }
                if (event) page.events.push_back(*event);
            }
            page.position = key_mark + object.key;
            ++seen_;
        }
        page.progress = fmt::format("{} objects looked at", seen_);
        return page;
    }

private:
    [[nodiscard]] bool wants(const std::string& key) const {
        return key.ends_with(choice_.suffix) &&
               (choice_.key.empty() || events::matches_glob(choice_.key, key)) &&
               (!choice_.rule || choice_.rule->matches(created, key));
    }

    // Nothing: it is gone.
    Result<std::optional<std::string>> event_of(Peers& peers, const schema::ObjectList& list,
                                                const std::string& key) const {
        const auto info =
            peers.ask(peers.storage(), schema::HeadObject{.bucket = choice_.bucket, .key = key});
        if (!info && info.error().code == ErrorCode::not_found) return std::nullopt;
        if (!info) return std::unexpected(info.error());
        return event_of_upload(list, *info);
    }

    BucketChoice choice_;
    std::uint64_t seen_ = 0;
};

}  // namespace

std::string event_of_upload(const schema::ObjectList& list, const schema::ObjectInfo& info) {
    schema::ObjectEvent event;
    event.event_id = info.event_id;
    event.event_name = created;
    event.time = info.last_modified;
    event.region = list.region;
    event.bucket = info.bucket;
    event.bucket_owner = list.owner_account;
    event.key = info.key;
    event.size_bytes = info.size_bytes;
    event.etag = info.etag;
    event.version_id = info.version_id;
    event.sequencer = info.sequencer;
    event.principal_id = list.owner_account;
    event.content_type = info.content_type;
    event.trace.trace_id = info.trace_id;
    return schema::encode(event);
}

Result<schema::Resend> send_page(Peers& peers, const schema::ResendEvents& page,
                                 std::vector<std::string> events) {
    transport::CallOptions call{.principal = peers.principal()};
    for (auto& event : events) call.attachments.emplace_back(std::move(event));
    // Shared with the callback, which comes after an interrupted wait as well.
    const auto answer = std::make_shared<std::optional<Result<schema::Resend>>>();
    transport::Loop& loop = peers.loop();
    transport::call(peers.notifier(), page, std::move(call),
                    [answer, &loop](Result<schema::Resend> reply, const auto&) {
                        *answer = std::move(reply);
                        loop.stop();
                    });
    loop.run();
    if (*answer) return **answer;
    return fail(ErrorCode::unavailable, "stopped before the answer came");
}

std::unique_ptr<ReplaySource> replay_journal(JournalChoice choice) {
    return std::make_unique<JournalReplay>(std::move(choice));
}

std::unique_ptr<ReplaySource> replay_bucket(BucketChoice choice) {
    return std::make_unique<BucketReplay>(std::move(choice));
}

}  // namespace onput::ctl
