#include "services/gateway/tail/query.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "common/events/account.hpp"
#include "common/events/forms.hpp"
#include "common/events/since.hpp"

namespace onput::gateway {
namespace {

constexpr std::size_t epoch_bytes_max = 64;
constexpr std::string_view signature_prefix = "X-Amz-";

using Filter = events::FilterOptions;
constexpr std::array<std::pair<std::string_view, std::string Filter::*>, 8> filters{
    {{"type", &Filter::type},
     {"bucket", &Filter::bucket},
     {"key", &Filter::key},
     {"prefix", &Filter::prefix},
     {"suffix", &Filter::suffix},
     {"status", &Filter::status},
     {"trace", &Filter::trace},
     {"pattern", &Filter::pattern}}};

std::unexpected<Error> refuse(std::string text) {
    return fail(ErrorCode::invalid_argument, std::move(text));
}

Result<StreamPosition> read_event_id(std::string_view text) {
    auto position = parse_event_id(text);
    if (!position) return refuse(fmt::format("'{}' is the id of no event", text));
    return *std::move(position);
}

struct Wanted {
    Filter filter;
    StreamForm form = StreamForm::json;
    std::optional<StreamPosition> after;
    std::optional<Timestamp> since;
};

Result<void> take(const QueryParameter& parameter, Timestamp now, Wanted& wanted) {
    const std::string& name = parameter.name;
    const std::string& value = parameter.value;
    const auto* const filter =
        std::ranges::find(filters, name, &decltype(filters)::value_type::first);
    if (filter != filters.end()) {
        wanted.filter.*filter->second = value;
    } else if (name == "format") {
        if (value != "json" && value != "cloudevent") {
            return refuse(fmt::format("format '{}' is neither json nor cloudevent", value));
        }
        wanted.form = value == "json" ? StreamForm::json : StreamForm::cloud_event;
    } else if (name == "since") {
        ONPUT_TRY(wanted.since, events::parse_since(value, now));
    } else if (name == "from-seq") {
        const auto sequence = parse_number<std::uint64_t>(value);
        if (!sequence || *sequence == 0) {
            return refuse(fmt::format("from-seq '{}' is no sequence", value));
        }
        wanted.after = StreamPosition{.epoch = {}, .sequence = *sequence - 1};
    } else if (name == "lastEventId") {
        ONPUT_TRY(wanted.after, read_event_id(value));
    } else if (!name.starts_with(signature_prefix)) {
        return refuse(fmt::format("there is no parameter '{}'", name));
    }
    return {};
}

}  // namespace

std::string format_event_id(const StreamPosition& position) {
    return fmt::format("{}/{}", position.epoch, position.sequence);
}

std::optional<StreamPosition> parse_event_id(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos || slash == 0 || slash > epoch_bytes_max) return {};
    const auto sequence = parse_number<std::uint64_t>(text.substr(slash + 1));
    if (!sequence) return {};
    return StreamPosition{.epoch = std::string(text.substr(0, slash)), .sequence = *sequence};
}

Result<StreamQuery> read_stream_query(std::span<const QueryParameter> parameters,
                                      std::string_view last_event_id, Timestamp now) {
    Wanted wanted;
    for (const auto& parameter : parameters) ONPUT_TRY_VOID(take(parameter, now, wanted));
    // A client that comes back says so; the parameters are those that it began with.
    if (!last_event_id.empty()) {
        ONPUT_TRY(wanted.after, read_event_id(last_event_id));
    }
    ONPUT_TRY(auto filter, events::RecordFilter::make(std::move(wanted.filter)));
    return StreamQuery{.filter = std::move(filter),
                       .form = wanted.form,
                       .after = std::move(wanted.after),
                       .since = wanted.since};
}

std::optional<std::string> stream_text(const StreamQuery& query, std::string_view account,
                                       const std::string& epoch,
                                       const schema::JournalRecord& record) {
    const auto body = events::read_record_body(record.body);
    if (!body) return std::nullopt;
    if (!account.empty() && events::account_of(*body) != account) return std::nullopt;
    if (!query.filter.matches(record, *body)) return std::nullopt;
    const std::string data = query.form == StreamForm::json ? events::json_line(record, *body)
                                                            : events::cloud_event(record, *body);
    // What was put on a bus may have white space between its tokens: each line is data of its own.
    std::string text =
        fmt::format("id: {}\n", format_event_id({.epoch = epoch, .sequence = record.sequence}));
    std::string_view rest = data;
    while (true) {
        const auto end = rest.find_first_of("\r\n");
        text += fmt::format("data: {}\n", rest.substr(0, end));
        if (end == std::string_view::npos) break;
        rest.remove_prefix(end + 1);
    }
    return text + '\n';
}

}  // namespace onput::gateway
