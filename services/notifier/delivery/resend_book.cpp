#include "services/notifier/delivery/resend_book.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/service/rows.hpp"
#include "services/notifier/journal/records.hpp"

namespace onput::notifier {
namespace {

constexpr std::string_view row_prefix = "resend/";

std::string row_key(std::string_view name) {
    return std::string(row_prefix) + std::string(name);
}

bool is_name(std::string_view name) {
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '-';
    };
    return !name.empty() && name.size() <= schema::resend_name_bytes_max &&
           std::ranges::all_of(name, is_plain);
}

// Whether it may be forgotten: it has ended, or belongs to `onput reconcile`, which goes on with
// none that it began before.
bool is_forgettable(const schema::Resend& resend) {
    return resend.is_done || resend.name.starts_with("reconcile-");
}

std::unexpected<Error> refuse(ErrorCode code, std::string text, std::string reason = {}) {
    return fail(code, std::move(text), std::move(reason));
}

Result<void> check_texts(const schema::ResendEvents& page) {
    if (!is_name(page.name)) {
        return refuse(ErrorCode::invalid_argument,
                      fmt::format("the name of a replay is 1 to {} letters, digits, '.', '_', '-'",
                                  schema::resend_name_bytes_max));
    }
    if (!is_possible_name(page.destination)) {
        return refuse(ErrorCode::invalid_argument, "the destination has no possible name");
    }
    if (page.source.size() > schema::resend_source_bytes_max ||
        page.position.size() > schema::resend_position_bytes_max) {
        return refuse(ErrorCode::invalid_argument, "the source or the position is too long");
    }
    if (page.position.empty()) {
        return refuse(ErrorCode::invalid_argument, "a page has a position behind it");
    }
    return {};
}

}  // namespace

Result<void> ResendBook::restore() {
    return service::for_each_row(
        view_, partition, store::Range::of_prefix(row_prefix),
        [this](const store::Row& row) -> Result<void> {
            ONPUT_TRY(auto resend, read_row<schema::Resend>(row.key, row.value));
            if (row.key != row_key(resend.name)) {
                return fail(ErrorCode::corruption, "restore replays: one is not what its key says");
            }
            std::string name = resend.name;
            resends_.insert_or_assign(std::move(name), std::move(resend));
            return {};
        });
}

Result<void> ResendBook::check(const schema::ResendEvents& page) const {
    ONPUT_TRY_VOID(check_texts(page));
    const auto found = resends_.find(page.name);
    if (found == resends_.end()) {
        if (!page.after.empty()) {
            return refuse(ErrorCode::not_found, "there is no replay " + page.name,
                          "resend_unknown");
        }
        const bool has_room =
            resends_.size() < schema::resends_max ||
            std::ranges::any_of(
                resends_, [](const auto& one) { return is_forgettable(one.second); });
        if (has_room) return {};
        return refuse(ErrorCode::resource_exhausted,
                      fmt::format("{} replays have begun and not ended: end some of them first",
                                  schema::resends_max),
                      "resends_max");
    }
    const schema::Resend& resend = found->second;
    if (resend.destination != page.destination || resend.source != page.source) {
        return refuse(ErrorCode::conflict,
                      fmt::format("replay {} is another one, of {} to {}: choose another name",
                                  page.name, resend.source, resend.destination),
                      "resend_differs");
    }
    if (resend.is_done) {
        return refuse(ErrorCode::conflict, fmt::format("replay {} has ended", page.name),
                      "resend_done");
    }
    if (resend.position == page.after) return {};
    auto refused = refuse(ErrorCode::conflict, fmt::format("replay {} has come further", page.name),
                          "resend_position");
    refused.error().details.emplace_back("Position", resend.position);
    return refused;
}

const schema::Resend& ResendBook::advance(const schema::ResendEvents& page, std::uint64_t events,
                                          Timestamp now, store::Batch& batch) {
    if (!resends_.contains(page.name) && resends_.size() >= schema::resends_max) forget_one(batch);
    schema::Resend& resend = resends_[page.name];
    ONPUT_CHECK(!resend.is_done);
    if (resend.name.empty()) {
        resend.name = page.name;
        resend.destination = page.destination;
        resend.source = page.source;
        resend.began_at = now;
    }
    resend.position = page.position;
    resend.events += events;
    resend.is_done = page.is_last;
    resend.changed_at = now;
    batch.put(row_key(page.name), schema::encode(resend));
    return resend;
}

// The one that ended longest ago; if none has, that of `onput reconcile` which rests the longest.
void ResendBook::forget_one(store::Batch& batch) {
    auto oldest = resends_.end();
    for (auto at = resends_.begin(); at != resends_.end(); ++at) {
        const schema::Resend& one = at->second;
        if (!is_forgettable(one)) continue;
        const auto rank = [](const schema::Resend& resend) {
            return std::pair(!resend.is_done, resend.changed_at);
        };
        if (oldest == resends_.end() || rank(one) < rank(oldest->second)) oldest = at;
    }
    ONPUT_CHECK(oldest != resends_.end());
    batch.remove(row_key(oldest->first));
    resends_.erase(oldest);
}

Result<schema::Resend> ResendBook::find(const schema::FindResend& request) const {
    const auto found = resends_.find(request.name);
    if (found != resends_.end()) return found->second;
    return refuse(ErrorCode::not_found, "there is no replay " + request.name, "resend_unknown");
}

schema::ResendList ResendBook::list() const {
    schema::ResendList all;
    for (const auto& [name, resend] : resends_) all.resends.push_back(resend);
    return all;
}

}  // namespace onput::notifier
