// OwedRows: the destinations whose rows are behind. A message to a topic may be owed to thousands
// of subscriptions; their rows do not go into the message's own commit but are written a little
// later, in bounded batches. Until a round of writing is over, a start reads the journal from where
// the last one began (JournalStateRecord::owed_through) and owes again what the rows do not have.
//
//     touch -> behind --begin: a round takes all--> taken --take--> written
//                                                     \--finish: none is left, owed_through moves
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace onput::notifier {

inline constexpr std::size_t owed_rows_per_turn = 400;

class OwedRows {
public:
    void touch(std::string_view name) { behind_.emplace(name); }
    // Its row has just been written, or there is none any more.
    void remove(const std::string& name) {
        behind_.erase(name);
        taken_.erase(name);
    }

    [[nodiscard]] bool is_empty() const { return behind_.empty() && taken_.empty(); }
    [[nodiscard]] bool is_open() const { return is_open_; }
    // Every record up to `head` is written when the round is over.
    void begin(std::uint64_t head) {
        taken_.merge(behind_);
        behind_.clear();
        head_ = head;
        is_open_ = true;
    }
    // At most `limit`, to be written now.
    std::vector<std::string> take(std::size_t limit) {
        std::vector<std::string> names;
        while (!taken_.empty() && names.size() < limit) {
            names.push_back(std::move(taken_.extract(taken_.begin()).value()));
        }
        return names;
    }
    // True when nothing is left of the round, which is then over.
    bool finish() {
        is_open_ = is_open_ && !taken_.empty();
        return !is_open_;
    }
    [[nodiscard]] std::uint64_t head() const { return head_; }

private:
    std::set<std::string> behind_;
    std::set<std::string> taken_;  // By the round, and not yet written.
    std::uint64_t head_ = 0;
    bool is_open_ = false;
};

}  // namespace onput::notifier
