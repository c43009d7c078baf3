// RecordFilter: which records of the journal a reader wants. All that is given must fit. Pure;
// immutable; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/events/record_body.hpp"
#include "common/pattern/event_pattern.hpp"
#include "common/schema/notifier.hpp"

namespace onput::events {

inline constexpr std::size_t filter_text_bytes_max = 64 * 1024;  // Of each value.

// Empty: everything fits.
struct FilterOptions {
    std::string bucket = {};
    std::string key = {};     // A glob (glob.hpp) over keys: "2026/*.txt".
    std::string prefix = {};  // Of keys.
    std::string suffix = {};
    std::string type = {};     // See type_globs.
    std::string status = {};   // "failed", "retrying" or "succeeded".
    std::string trace = {};    // A trace id.
    std::string pattern = {};  // EventBridge's language, over document_of.
};

class RecordFilter {
public:
    // invalid_argument: a status that there is not, a value that is too long, or, with
    // EventBridge's text and reason, a pattern that is none.
    static Result<RecordFilter> make(FilterOptions options);

    // What asks for a bucket or a key wants events of objects and jobs about them only.
    [[nodiscard]] bool matches(const schema::JournalRecord& record, const RecordBody& body) const;

    // "type s3.ObjectCreated.*, bucket inbox"; "everything".
    [[nodiscard]] const std::string& description() const { return description_; }
    [[nodiscard]] bool is_everything() const { return is_everything_; }

private:
    RecordFilter() = default;

    FilterOptions options_;
    std::vector<std::string> types_;
    std::optional<pattern::EventPattern> pattern_;
    std::string description_;
    bool is_everything_ = true;
};

// The globs over types that a reader means, who may spell them as AWS does: "s3:ObjectCreated:*"
// and "ObjectCreated:Put" are "s3.ObjectCreated.*" and "s3.ObjectCreated.Put", "Object Created" is
// "s3.ObjectCreated.*", and "delivery.failed" is every delivery that failed, of whatever.
std::vector<std::string> type_globs(std::string_view text);

// Whether some type is like that: they begin with one of record_type_families.
bool can_match_a_type(std::string_view glob);
// "s3., sns., ...", for people.
std::string record_type_families();

}  // namespace onput::events
