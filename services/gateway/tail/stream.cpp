#include "services/gateway/tail/stream.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/auth/events_token.hpp"
#include "common/base/check.hpp"
#include "common/base/text.hpp"
#include "common/json/writer.hpp"
#include "services/gateway/access/recognition.hpp"
#include "services/gateway/authentication.hpp"
#include "services/gateway/development_guard.hpp"
#include "services/gateway/tail/query.hpp"

namespace onput::gateway {
namespace {

constexpr std::uint32_t page_records = 500;
constexpr Duration away_delay = std::chrono::seconds(1);
constexpr std::string_view bearer_scheme = "Bearer";

struct Place {
    OpenStreams& open;
    const std::string account;
    const Result<void> taken;
    Place(OpenStreams& all, const std::string& of)
        : open(all), account(of), taken(all.open(account)) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
        if (taken) open.close(account);
    }
};

int status_of(const Error& error) {
    switch (error.code) {
        case ErrorCode::invalid_argument: return 400;
        case ErrorCode::permission_denied: return 403;
        case ErrorCode::unimplemented: return 405;
        default: return 503;
    }
}

http::Task<void> refuse(RequestContext& context, Error error) {
    if (is_failure(status_of(error))) note_failure(context, error);
    http::ResponseHead head{.status = status_of(error),
                            .headers = {{"Content-Type", "application/json"}},
                            .content_length = {}};
    if (head.status == 405) head.headers.emplace_back("Allow", "GET");
    if (head.status == 503) head.headers.emplace_back("Retry-After", "1");
    std::string body = fmt::format("{{\"message\":{}}}\n", json::quoted(error.message));
    // The client may be gone, and there is nobody else to answer.
    static_cast<void>(co_await context.exchange.respond(std::move(head), std::move(body)));
}

Result<std::string> account_of_bearer(const RequestContext& context, std::string_view token) {
    const auth::Credential* found = auth::find_by_events_token(context.shared.keys, token);
    if (found == nullptr) {
        return fail(ErrorCode::permission_denied,
                    "the bearer token is that of no key; onput env prints it");
    }
    if (!found->user.empty() || found->limited) {
        return fail(ErrorCode::permission_denied,
                    "the token is a user's: take an account's own key");
    }
    return found->account_id;
}

// The account whose events are shown.
http::Task<Result<std::string>> authenticate(RequestContext& context) {
    const Config& config = context.shared.config;
    if (config.development_keys) {
        auto same_site = check_same_site(context.head(), config.base_domain);
        if (!same_site) co_return std::unexpected(std::move(same_site).error());
    }
    const std::string authorization = context.header_text("authorization");
    if (authorization.starts_with(bearer_scheme)) {
        std::string_view token = std::string_view(authorization).substr(bearer_scheme.size());
        token.remove_prefix(std::min(token.find_first_not_of(' '), token.size()));
        co_return account_of_bearer(context, token);
    }
    if (is_anonymous(context)) {
        co_return fail(ErrorCode::permission_denied,
                       "sign the request, or send a key's bearer token; onput env prints one");
    }
    co_await recognise(context);
    auto authenticated = authenticate_whole(context, "");
    if (!authenticated) co_return std::unexpected(std::move(authenticated).error());
    if (context.identity.limited || !context.identity.user.empty()) {
        co_return fail(ErrorCode::permission_denied,
                       "events are for an account's own keys, and this is a user's or a session's");
    }
    co_return context.identity.account_id;
}

http::Task<Result<StreamPosition>> find_start(RequestContext& context, const StreamQuery& query) {
    if (query.after && !query.after->epoch.empty()) co_return *query.after;
    const schema::FindJournal find{.since = query.since};
    auto found = co_await context.call(find);
    if (!found) co_return std::unexpected(std::move(found).error());
    const auto& position = found->reply;
    const std::uint64_t sequence = query.after ? query.after->sequence : position.sequence - 1;
    co_return StreamPosition{.epoch = position.epoch, .sequence = sequence};
}

std::string detail_of(const Error& error, std::string_view name) {
    for (const auto& [key, value] : error.details) {
        if (key == name) return value;
    }
    return {};
}

// One stream: pages of the journal, and what is wrong with them, as text.
class Stream {
public:
    Stream(RequestContext& context, const OpenStreams& open, StreamQuery query, std::string account,
           StreamPosition start)
        : context_(context),
          open_(open),
          query_(std::move(query)),
          account_(std::move(account)),
          position_(std::move(start)) {}

    http::Task<void> run() {
        http::ResponseHead head{.status = 200,
                                .headers = {{"Content-Type", "text/event-stream"},
                                            {"Cache-Control", "no-store"},
                                            {"X-Accel-Buffering", "no"}},
                                .content_length = {}};
        if (!context_.exchange.start(std::move(head))) co_return;
        std::string text = fmt::format(
            "retry: 1000\n: {}\n{}",
            query_.filter.is_everything() ? "everything" : "what was asked for", position_text());
        while (true) {
            if (open_.are_ending) co_return;
            const auto now = std::chrono::steady_clock::now();
            if (text.empty() && now - sent_at_ >= event_stream_comment) text = position_text();
            if (!text.empty()) {
                const auto written = co_await context_.exchange.write(text);
                if (!written) co_return;
                sent_at_ = now;
            }
            text = co_await next();
            if (pause_ == Duration{}) continue;
            const auto slept = co_await context_.exchange.sleep(pause_);
            if (!slept) co_return;
        }
    }

private:
    // Without data it is dispatched to nobody, and moves the id all the same.
    [[nodiscard]] std::string position_text() const {
        return fmt::format("id: {}\n\n", format_event_id(position_));
    }

    // What there is to send; empty: nothing, and pause_ says how long to wait.
    http::Task<std::string> next() {
        const schema::FetchJournal fetch{.epoch = position_.epoch,
                                         .from_sequence = position_.sequence + 1,
                                         .records_max = page_records};
        auto page = co_await context_.call(fetch);
        pause_ = Duration{};
        if (!page) co_return on_error(page.error());
        std::string text;
        for (const auto& frame : page->attachments) {
            const auto record = schema::decode<schema::JournalRecord>(frame.view());
            if (!record) {
                note_failure(context_, record.error());
                pause_ = away_delay;
                continue;
            }
            position_.sequence = record->sequence;
            text += stream_text(query_, account_, position_.epoch, *record).value_or("");
        }
        if (page->attachments.empty()) pause_ = event_stream_poll;
        co_return text;
    }

    std::string on_error(const Error& error) {
        if (error.reason == "truncated") {
            const auto first = parse_number<std::uint64_t>(detail_of(error, "FirstSequence"));
            if (first && *first > position_.sequence + 1) {
                std::string text =
                    fmt::format("event: truncated\ndata: {{\"from\":{},\"to\":{}}}\n\n",
                                position_.sequence + 1, *first - 1);
                position_.sequence = *first - 1;
                return text;
            }
        }
        if (error.reason == "wrong_epoch") {
            if (std::string epoch = detail_of(error, "Epoch"); !epoch.empty()) {
                position_ = {.epoch = std::move(epoch), .sequence = 0};
                return fmt::format("event: journal\ndata: {{\"epoch\":{}}}\n\n",
                                   json::quoted(position_.epoch));
            }
        }
        // The notifier is away, or comes back: the client sees a silence.
        pause_ = away_delay;
        return {};
    }

    RequestContext& context_;
    const OpenStreams& open_;
    StreamQuery query_;
    std::string account_;
    StreamPosition position_;
    Duration pause_{};
    std::chrono::steady_clock::time_point sent_at_{};
};

Error error_of(ErrorCode code, std::string message) {
    return fail(code, std::move(message)).error();
}

}  // namespace

Result<void> OpenStreams::open(const std::string& account) {
    const std::scoped_lock lock(mutex_);
    const auto own = by_account_.find(account);
    if (own != by_account_.end() && own->second >= event_streams_max) {
        return fail(ErrorCode::resource_exhausted,
                    fmt::format("{} streams of events of this account are open", own->second));
    }
    if (count_ >= event_streams_of_all_max) {
        return fail(ErrorCode::resource_exhausted,
                    fmt::format("{} streams of events are open", count_));
    }
    ++by_account_[account];
    ++count_;
    return {};
}

void OpenStreams::close(const std::string& account) {
    const std::scoped_lock lock(mutex_);
    const auto own = by_account_.find(account);
    ONPUT_CHECK(own != by_account_.end() && count_ > 0);
    --count_;
    if (--own->second == 0) by_account_.erase(own);
}

http::Task<void> serve_event_stream(RequestContext& context, OpenStreams& open) {
    if (context.head().method != "GET") {
        co_return co_await refuse(context, error_of(ErrorCode::unimplemented, "GET it"));
    }
    auto parameters = http::parse_query(context.head().query);
    if (!parameters) co_return co_await refuse(context, parameters.error());
    context.query = *std::move(parameters);
    auto account = co_await authenticate(context);
    if (!account) co_return co_await refuse(context, account.error());
    const std::string last_event_id = context.header_text("last-event-id");
    auto query = read_stream_query(context.query, last_event_id, context.now);
    if (!query) co_return co_await refuse(context, query.error());
    const Place place(open, *account);
    if (!place.taken) co_return co_await refuse(context, place.taken.error());
    auto start = co_await find_start(context, *query);
    if (!start) co_return co_await refuse(context, start.error());
    Stream stream(context, open, *std::move(query), *std::move(account), *std::move(start));
    co_await stream.run();
}

}  // namespace onput::gateway
