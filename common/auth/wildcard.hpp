// Patterns of policies. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace onput::auth {

// Characters of a pattern that stand for a '*' and a '?' which are no wildcards: those that came
// out of a policy variable.
inline constexpr char literal_star = '\x01';
inline constexpr char literal_question_mark = '\x02';

// What one decision may spend on the search for what stands between wildcards, in characters of
// texts that are passed: a quarter of a millisecond. Policies and what they are compared with are
// strangers'; those that people write need some hundreds.
inline constexpr std::size_t match_work_max = 256 * 1024;

class MatchWork {
public:
    explicit MatchWork(std::size_t left = match_work_max) : left_(left) {}

    // False: there is not so much left, and from then on nothing is.
    bool spend(std::size_t steps) {
        is_spent_ = is_spent_ || steps > left_;
        left_ = is_spent_ ? 0 : left_ - steps;
        return !is_spent_;
    }
    [[nodiscard]] bool is_spent() const { return is_spent_; }

private:
    std::size_t left_;
    bool is_spent_ = false;
};

// Whether `text` fits `pattern`, in which '*' stands for any characters and '?' for one. Without
// '?' the time grows with the sum of their lengths, with it with a sixty-fourth of their product.
// False as well when `work` was spent before that was known: what is decided by it must not hold.
bool matches_wildcard(std::string_view pattern, std::string_view text, MatchWork& work);
// Likewise, but each of an ARN's six parts for itself, so that '*' does not reach across a colon.
bool matches_arn(std::string_view pattern, std::string_view arn, MatchWork& work);

// The same, however long it takes.
bool matches_wildcard(std::string_view pattern, std::string_view text);
bool matches_arn(std::string_view pattern, std::string_view arn);

}  // namespace onput::auth
