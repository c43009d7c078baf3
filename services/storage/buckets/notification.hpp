// A bucket's notification configuration: what S3 refuses in one, and which of its rules an event
// matches. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "common/base/random.hpp"
#include "common/base/result.hpp"
#include "common/pattern/event_filter.hpp"
#include "common/schema/events.hpp"
#include "common/schema/notifier.hpp"
#include "common/schema/storage.hpp"

namespace onput::storage {

inline constexpr std::size_t rules_max = 100;
inline constexpr std::size_t rule_id_bytes_max = 255;

// An event that has this many events before it in its chain still starts functions; one more does
// not: a function whose result starts itself ends here instead of running for ever.
inline constexpr std::uint32_t loop_depth_max = 8;

// The rules of one bucket, ready to be asked. Immutable.
class BucketRules {
public:
    BucketRules() = default;

    // Rules that check_configuration has passed, or that were stored. Anything else fails as the
    // filter that refuses does.
    static Result<BucketRules> make(std::vector<schema::NotificationRule> rules);

    [[nodiscard]] const std::vector<schema::NotificationRule>& rules() const { return rules_; }

    // Whom an event is owed to. Functions are withheld from an event deeper than loop_depth_max.
    [[nodiscard]] std::vector<schema::OwedDestination> match(pattern::EventSet event,
                                                             std::string_view key,
                                                             std::uint32_t depth) const;

    [[nodiscard]] std::vector<schema::RuleExplanation> explain(std::string_view event_name,
                                                               std::string_view key) const;

private:
    std::vector<schema::NotificationRule> rules_;
    std::vector<pattern::EventFilter> filters_;  // One per rule, in the same order.
};

// Every rule about a configuration that needs no other party, for a bucket of `region`. The whole
// configuration is held against one check after the other, in the order of the .cpp, so the first
// failing check decides the error and not the first bad rule.
//
// Answers the rules as they are to be stored: with ids, and with filter names as S3 echoes them.
Result<std::vector<schema::NotificationRule>> check_configuration(
    const schema::NotificationConfiguration& configuration, std::string_view region,
    Random& random);

// Refusals that the message of the error tells; its details have them all.
inline constexpr std::size_t refusals_told_max = 5;

// The error for destinations that did not agree, or nothing when all did. `refusals` has one text
// per rule, empty for agreement.
Result<void> check_refusals(const std::vector<schema::NotificationRule>& rules,
                            const std::vector<std::string>& refusals);

}  // namespace onput::storage
