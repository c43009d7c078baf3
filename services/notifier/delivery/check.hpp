// DestinationCheck: one CheckDestinations request until it is answered.
//
//     start -> authorize each destination -> all agree -> send each queue the s3:TestEvent -> done
//                                        \-> some refuse: their words, and nothing is sent
//
// A topic is authorized at once, by TopicBook. Its test event comes from `take_topic_messages` when
// all agree, for the owner to journal before the answer.
//
// The owner sends `next_calls`, hands each answer to on_answer, and looks at `result` after each.
// A destination that cannot be asked makes the whole check `unavailable`: a configuration is not
// accepted on a guess. Held in memory only; a crash leaves the caller without an answer, and at
// most an extra test event in a queue. Pure.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/random.hpp"
#include "services/notifier/effects.hpp"
#include "services/notifier/topics/topic_book.hpp"

namespace onput::notifier {

inline constexpr std::size_t check_destinations_max = 100;  // Rules of one configuration.

// A call to the queue service. `index` comes back in on_answer.
struct CheckCall {
    std::size_t index = 0;
    std::variant<schema::AuthorizeDelivery, schema::Deliver> message;
};

class DestinationCheck {
public:
    // Fails with invalid_argument when the request makes no sense.
    static Result<DestinationCheck> start(const schema::CheckDestinations& request,
                                          const Caller& caller, Random& random,
                                          const TopicBook& topics);

    // What is to be sent now. Each call is given once.
    std::vector<CheckCall> next_calls();
    // The test events of topics, once all have agreed. Given once.
    std::vector<schema::TopicMessage> take_topic_messages();
    // The answer to an AuthorizeDelivery carries nothing: success is an empty Delivered.
    void on_answer(std::size_t index, const Result<schema::Delivered>& answer);
    // Nothing while answers are missing.
    [[nodiscard]] std::optional<Result<schema::DestinationsChecked>> result() const;

private:
    enum class Stage : std::uint8_t { authorize, test, done };

    DestinationCheck() = default;
    [[nodiscard]] std::string words_for(std::size_t index, ErrorCode code) const;
    void enter_next_stage();
    std::vector<CheckCall> authorize_calls();
    std::vector<CheckCall> test_calls();
    void make_topic_messages();
    [[nodiscard]] schema::TopicMessage topic_message(std::size_t index) const;
    [[nodiscard]] std::string test_body() const;

    schema::CheckDestinations request_;
    Caller caller_;
    std::vector<std::string> test_ids_;  // Random: one event id for each destination.
    std::vector<std::string> message_ids_;
    std::vector<schema::TopicMessage> topic_messages_;
    std::vector<std::string> refusals_;
    Stage stage_ = Stage::authorize;
    bool has_given_calls_ = false;
    std::size_t open_ = 0;  // Calls without an answer.
    std::optional<Error> failure_;
};

}  // namespace onput::notifier
