#include "tests/sim/handovers.hpp"

#include <algorithm>

#include "common/service/age_record.hpp"
#include "services/notifier/delivery/s3_record.hpp"
#include "services/queue/lanes/lanes.hpp"

namespace onput::sim {

bool is_poison(std::string_view key) {
    return key.starts_with("text/poison");
}
bool is_refused(std::string_view key) {
    return key.starts_with("text/refused");
}

// --- Deliveries -------------------------------------------------------------------------------

void Handovers::taken(const schema::Deliver& message, std::uint64_t through) {
    for (const auto& item : message.items) {
        if (item.number > through || messages_.contains(item.message_id)) continue;
        const Change* change = changes_.find(item.event_id);
        if (change == nullptr) return world_.broken("an event was delivered without its change");
        Message taken{
            .arn = message.destination_arn, .event_id = item.event_id, .object = change->name()};
        if (!sent_.contains(item.message_id) && !expired_.contains(item.message_id)) {
            unsent_[taken.arn + taken.object].push_back(item.message_id);
        }
        messages_.emplace(item.message_id, std::move(taken));
        taken_[message.destination_arn].push_back(item.message_id);
    }
}

// --- Leases -----------------------------------------------------------------------------------

const Handovers::Lease* Handovers::find(const std::string& lease) const {
    const auto found = leases_.find(lease);
    return found == leases_.end() ? nullptr : &found->second;
}

void Handovers::leased(const std::string& lease, Lease made) {
    world_.note("queue leases " + made.message_id.substr(0, 6) + " as " + lease.substr(0, 30) +
                " to " + (made.worker_id.empty() ? "a receive" : made.worker_id) + ", attempt " +
                std::to_string(made.attempt));
    world_.expect(!acknowledged_.contains(made.message_id) || twice_.contains(made.message_id),
                  "an acknowledged message came back: " + made.message_id);
    leased_in_.emplace(made.message_id, queue_life_);
    made.from = world_.elapsed();
    made.small_jumps = world_.small_jumps();
    latest_.insert_or_assign(made.message_id, lease);
    // The number of a lease that a crash took back may be given again: it was never sent.
    leases_.insert_or_assign(lease, std::move(made));
}

void Handovers::sent(const std::string& lease) {
    const Lease& sent = leases_.at(lease);
    if (!sent_.insert(sent.message_id).second) return;
    const auto found = messages_.find(sent.message_id);
    if (found == messages_.end()) return;
    const Message& message = found->second;
    auto& unsent = unsent_[message.arn + message.object];
    // Later ones were sent before, while its first lease, made in vain, lasted.
    if (std::ranges::find(unsent, sent.message_id) == unsent.end()) return;
    while (unsent.front() != sent.message_id) {
        // One that was leased in vain before the queue died is sent later.
        const auto leased = leased_in_.find(unsent.front());
        world_.expect(leased != leased_in_.end() && leased->second < queue_life_,
                      "events of " + message.object + " were handed out in the wrong order: " +
                          sent.message_id + " before " + unsent.front());
        unsent.erase(unsent.begin());
    }
    unsent.erase(unsent.begin());
}

void Handovers::expired(const std::string& message_id) {
    expired_.insert(message_id);
    const auto found = messages_.find(message_id);
    if (found == messages_.end()) return;
    std::erase(unsent_[found->second.arn + found->second.object], message_id);
}

// Its acknowledgement may be lost until it is durable.
bool Handovers::is_settled(const Lease& lease) const {
    return acknowledged_.contains(lease.message_id);
}

void Handovers::queue_crashed() {
    ++queue_life_;
    for (auto& [lease, known] : leases_) known.is_disturbed |= !is_settled(known);
}

void Handovers::heard(const std::string& worker_id) {
    const Duration last = std::max(heard_[worker_id], queue_since_);
    if (world_.elapsed() - last >= queue::lane_silence) {
        silent_[worker_id] = world_.elapsed();
        cut_off(worker_id);
    }
    heard_[worker_id] = world_.elapsed();
}

bool Handovers::was_silent(const Lease& lease) const {
    if (lease.worker_id.empty()) return false;
    const auto heard = heard_.find(lease.worker_id);
    const Duration last =
        std::max(heard == heard_.end() ? Duration() : heard->second, queue_since_);
    if (world_.elapsed() - last >= queue::lane_silence) return true;
    const auto silent = silent_.find(lease.worker_id);
    return silent != silent_.end() && silent->second >= lease.from;
}

// A grant that arrives when its lease has been ended because it seemed lost blurs the count by
// which the queue tells lost grants from those on their way.
bool Handovers::is_blurred(const Lease& lease) const {
    return late_.contains(lease.worker_id);
}

bool Handovers::is_past(const Lease& lease) const {
    const Duration slack =
        lease.small_jumps == world_.small_jumps() ? Duration() : service::jump_min;
    return world_.elapsed() + slack >= lease.until;
}

void Handovers::held(const std::string& lease) {
    const Lease& mine = leases_.at(lease);
    reached_.insert(mine.message_id);
    if (twice_.contains(mine.message_id)) return;
    const bool is_late =
        world_.elapsed() - mine.from >= queue::lane_silence || latest_.at(mine.message_id) != lease;
    if (is_late && !mine.worker_id.empty()) late_.insert(mine.worker_id);
    for (const auto& other : holders_[mine.message_id]) {
        const Lease& theirs = leases_.at(other);
        const bool is_over = is_past(theirs) || is_past(mine);
        const bool is_excused = is_blurred(theirs) || is_blurred(mine) || was_silent(theirs) ||
                                was_silent(mine) || theirs.is_disturbed || mine.is_disturbed;
        world_.expect(other == lease || is_over || is_excused, "two consumers hold message " +
                                                                   mine.message_id + ": leases " +
                                                                   other + " and " + lease);
    }
    holders_[mine.message_id].insert(lease);
}

void Handovers::released(const std::string& lease) {
    Lease& over = leases_.at(lease);
    over.is_over = true;
    over.is_disturbed |= was_silent(over);
    holders_[over.message_id].erase(lease);
}

void Handovers::died(const std::string& worker_id, std::uint64_t epoch) {
    // Leases may still be given to it, until its death is noticed.
    dead_.emplace(worker_id, epoch);
}

void Handovers::cut_off(const std::string& worker_id) {
    for (auto& [lease, known] : leases_) {
        if (known.worker_id == worker_id && !is_settled(known)) known.is_disturbed = true;
    }
}

// --- Ends -------------------------------------------------------------------------------------

void Handovers::acknowledged(const std::string& message_id) {
    world_.note("acknowledged: " + message_id.substr(0, 6));
    acknowledged_.insert(message_id);
}

std::uint32_t Handovers::disturbances(const std::string& message_id) const {
    return static_cast<std::uint32_t>(std::ranges::count_if(leases_, [&](const auto& entry) {
        const Lease& lease = entry.second;
        return lease.message_id == message_id &&
               (lease.is_disturbed || dead_.contains({lease.worker_id, lease.epoch}) ||
                (!lease.is_over && was_silent(lease)));
    }));
}

bool Handovers::is_done(const std::string& event_id) const {
    return done_.contains(notifier::message_id_of(
        {.event_id = event_id, .arn = speech_arn, .rule_id = speech_rule_id}));
}

void Handovers::for_each_job(const std::function<void(const std::string&, bool)>& visit) const {
    for (const auto& [id, message] : messages_) {
        if (message.arn == speech_arn) visit(message.event_id, done_.contains(id));
    }
}

void Handovers::dead_lettered(const Letter& letter) {
    world_.note("dead letter of " + letter.message_id.substr(0, 6) + ": " + letter.code);
    letters_.emplace(letter.message_id, letter.code);
    // When the notifier has not heard yet that it was taken: at the end.
    if (messages_.contains(letter.message_id)) check_letter(letter);
}

void Handovers::check_letter(const Letter& letter) {
    const auto found = messages_.find(letter.message_id);
    if (found == messages_.end()) return world_.broken("a dead letter of an unknown job");
    const Change* change = changes_.find(found->second.event_id);
    if (change == nullptr) return world_.broken("a dead letter of an unknown change");
    if (is_poison(change->event.key) || is_refused(change->event.key)) return;
    if (letter.code == "no_such_key") {
        world_.expect(changes_.was_removed(found->second.object),
                      "a job did not find " + found->second.object);
        return;
    }
    if (letter.code == "corruption") {
        ++damaged_;
        const std::string result = outbox + "/" + result_key_of(change->event.key);
        world_.expect(changes_.was_damaged(found->second.object) || changes_.was_damaged(result),
                      "a job cannot read what is whole: " + found->second.object);
        return;
    }
    const std::uint32_t needed =
        letter.code == "job.worker_lost" ? queue::worker_losses_max : speech_retries_max + 1;
    const auto disturbed = disturbances(letter.message_id);
    world_.expect(disturbed >= needed,
                  "a job that can be done is a dead letter: " + letter.message_id + ", " +
                      letter.code + ", disturbed " + std::to_string(disturbed) + " times");
}

void Handovers::check_end(const std::vector<schema::JournalRecord>& journal) {
    std::map<std::string, std::vector<std::string>> owed;
    for (const auto& record : journal) {
        if (!is_of_object(record)) continue;
        const auto event = schema::decode<schema::ObjectEvent>(record.body);
        if (!event) return world_.broken("an event of the journal cannot be read");
        for (const auto& to : event->owed) {
            if (!to.withheld.empty() || to.arn == news_arn) continue;
            owed[to.arn].push_back(notifier::message_id_of(
                {.event_id = event->event_id, .arn = to.arn, .rule_id = to.rule_id}));
        }
    }
    for (const auto& [arn, messages] : owed) {
        world_.expect(taken_[arn] == messages, arn + " has not got what it is owed, in order: " +
                                                   std::to_string(taken_[arn].size()) + " of " +
                                                   std::to_string(messages.size()));
    }
    for (const auto& [id, code] : letters_) check_letter({.message_id = id, .code = code});
    for (const auto& [id, message] : messages_) {
        world_.expect(reached_.contains(id) || letters_.contains(id) || expired_.contains(id),
                      "a message never reached a consumer: " + id);
        const Change* change = changes_.find(message.event_id);
        if (change == nullptr) return world_.broken("a message of a change that is lost");
        if (message.arn == speech_arn) check_job(id, *change);
    }
}

void Handovers::check_job(const std::string& message_id, const Change& change) {
    const bool is_done = done_.contains(message_id);
    const bool is_dead_lettered = letters_.contains(message_id);
    const bool must_fail = is_poison(change.event.key) || is_refused(change.event.key);
    world_.expect(is_done != is_dead_lettered,
                  "a job is " + std::string(is_done ? "done and dead-lettered" : "nowhere") + ": " +
                      change.name());
    world_.expect(!must_fail || is_dead_lettered,
                  "a job that always fails is done: " + change.name());
    if (!is_done) return;
    const auto texts = changes_.texts_of(change.name());
    const std::string result_name = outbox + "/" + result_key_of(change.event.key);
    const auto results = changes_.texts_of(result_name);
    // An older text's result may be missing, but must not be what stays.
    if (changes_.last_of(change.name()) == &change) {
        const Change* result = changes_.last_of(result_name);
        world_.expect(
            result != nullptr && result->is_created() && result->body == speech_of(change.body),
            "the result is not the newest text's: " + change.name());
    }
    for (const auto& result : results) {
        world_.expect(
            std::ranges::any_of(texts,
                                [&](const std::string& text) { return speech_of(text) == result; }),
            "a result of no text: " + change.name());
    }
}

}  // namespace onput::sim
