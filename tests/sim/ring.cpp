#include "tests/sim/ring.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace onput::sim {
namespace {

constexpr Duration rest_max = std::chrono::hours(4);  // A clock set back makes some wait so long.
constexpr Duration rest_period = seconds(1);
constexpr Duration damaged_time = seconds(20);  // Of what follows when rows went bad.

}  // namespace

Ring::Ring(std::uint64_t seed) : world_(seed) {
    const WorkerNode::Parts worker_parts{.world = world_,
                                         .requests = requests_,
                                         .handovers = handovers_,
                                         .queue = queue_,
                                         .storage = storage_,
                                         .changes = changes_};
    const ClientNode::Parts client_parts{
        .world = world_, .requests = requests_, .changes = changes_, .storage = storage_};
    const ConsumerNode::Parts consumer_parts{
        .world = world_, .requests = requests_, .handovers = handovers_, .queue = queue_};
    using Habits = ConsumerNode::Habits;
    for (const char* name : {"worker-a", "worker-b"}) {
        workers_.push_back(std::make_unique<WorkerNode>(worker_parts, name));
    }
    for (const char* name : {"anna", "ben", "carl"}) {
        clients_.push_back(std::make_unique<ClientNode>(client_parts, name));
    }
    for (const auto& [name, queue] :
         {std::pair("reader-1", "changes"), std::pair("reader-2", "changes"),
          std::pair("undertaker", "dead"), std::pair("listener", "told"),
          std::pair("archivist", "unsent"), std::pair("finder", "found"),
          std::pair("end", "chain-3")}) {
        consumers_.push_back(std::make_unique<ConsumerNode>(consumer_parts, name, queue));
    }
    for (const auto& [queue, habits] : std::initializer_list<std::pair<const char*, Habits>>{
             {"chain-1", {.removes_permille = 0}},
             {"chain-2", {.removes_permille = 0}},
             {"ping", {.removes_permille = 300}},
             {"pong", {.removes_permille = 0}},
             {"brief", {.pause_max = seconds(40)}}}) {
        consumers_.push_back(std::make_unique<ConsumerNode>(
            consumer_parts, std::string("reader of ") + queue, queue, habits));
    }
    const EndpointNode::Parts endpoint_parts{.world = world_,
                                             .requests = requests_,
                                             .topic_checks = topic_checks_,
                                             .notifier = notifier_};
    using Wish = EndpointNode::Wish;
    for (const auto& [name, wish] :
         {std::pair("hook", Wish::confirms), std::pair("pager", Wish::confirms),
          std::pair("guest", Wish::confirms), std::pair("stranger", Wish::ignores)}) {
        endpoints_.push_back(std::make_unique<EndpointNode>(endpoint_parts, name, wish));
    }
    connect();
}

void Ring::connect() {
    std::map<std::string, EndpointNode*> endpoints;
    for (const auto& endpoint : endpoints_) {
        endpoints.emplace(EndpointNode::url_of(endpoint->name()), endpoint.get());
    }
    storage_.connect(notifier_);
    notifier_.connect({.queue = queue_, .reader = reader_, .endpoints = std::move(endpoints)});
    reader_.connect(requests_, notifier_);
    std::vector<WorkerNode*> lanes;
    for (const auto& worker : workers_) lanes.push_back(worker.get());
    queue_.connect(std::move(lanes), notifier_);
}

std::vector<Node*> Ring::nodes() const {
    // Not const in what it gives: the ring's parts live in other nodes' references anyway.
    auto& self = const_cast<Ring&>(*this);
    std::vector<Node*> all{&self.storage_,      &self.notifier_, &self.queue_,
                           &self.owner_,        &self.reader_,   &self.vault_keeper_,
                           &self.large_client_, &self.mover_,    &self.backup_};
    for (const auto& worker : workers_) all.push_back(worker.get());
    for (const auto& client : clients_) all.push_back(client.get());
    for (const auto& consumer : consumers_) all.push_back(consumer.get());
    for (const auto& endpoint : endpoints_) all.push_back(endpoint.get());
    return all;
}

// Each world has its own kinds of trouble, so that some promises are tried hard and others are seen
// in calm.
void Ring::choose_faults() {
    Random& random = world_.random;
    const std::array<std::uint64_t, 4> rates{0, 5, 20, 60};
    const auto rate = [&] { return rates.at(random.below(rates.size())); };
    world_.faults = {.loss_permille = rate(),
                     .duplicate_permille = rate(),
                     .stall_permille = rate() / 20,
                     .late_permille = rate() / 4,
                     .slow_sync_permille = rate() * 3,
                     .sync_crash_permille = rate() / 2,
                     .sync_failure_permille = random.chance(1, 4) ? 2U : 0U,
                     .flip_at_crash_permille = random.chance(1, 3) ? rate() * 10 : 0,
                     .endpoint_error_permille = rate() * 10,
                     .endpoint_refusal_permille = rate() * 3,
                     .endpoint_silence_permille = rate() * 3,
                     .endpoint_slow_permille = rate() * 3};
    const std::array<Duration, 4> periods{seconds(2), seconds(10), seconds(40), Duration()};
    const auto period = [&] { return periods.at(random.below(periods.size())); };
    trouble_ = {.crash_every = period(),
                .jump_every = random.chance(1, 2) ? period() : Duration(),
                .cut_every = period(),
                .trouble_time = world_.between(seconds(20), seconds(90)),
                .fill_every = random.chance(1, 3) ? period() : Duration(),
                .flip_every = random.chance(1, 2) ? period() : Duration()};
}

void Ring::set_up() {
    // The house is there before its trouble begins.
    if (world_.chance(150)) notifier_.limit_destinations(1 + world_.random.below(6));
    if (world_.chance(200)) notifier_.limit_journal(1000 + world_.random.below(20'000));
    if (world_.chance(200)) queue_.limit_messages(heavy_messages + world_.random.below(30));
    if (world_.chance(200)) queue_.limit_in_flight(1 + world_.random.below(5));
    const Faults faults = std::exchange(world_.faults, {});
    for (Node* node : std::vector<Node*>{&storage_, &queue_, &notifier_, &setup_}) node->start();
    while (!setup_.is_done() && world_.step()) {
    }
    world_.faults = faults;
    for (Node* node : nodes()) node->start();
    std::vector<Node*> mortal{&storage_, &notifier_, &queue_};
    for (const auto& worker : workers_) {
        mortal.push_back(worker.get());
        keep_cutting(*worker);
    }
    for (Node* node : mortal) {
        keep_crashing(*node);
        keep_alive(*node);
    }
    keep_jumping();
    keep_filling(storage_);
    keep_filling(notifier_);
    keep_filling(queue_);
    keep_flipping();
}

void Ring::keep_crashing(Node& node) {
    if (trouble_.crash_every == Duration()) return;
    world_.after(world_.between(milliseconds(1), 2 * trouble_.crash_every), [this, &node] {
        if (!is_troubled_) return;
        auto* worker = dynamic_cast<WorkerNode*>(&node);
        if (worker != nullptr && world_.chance(300)) {
            worker->drain();
        } else {
            node.crash();
        }
        keep_crashing(node);
    });
}

// The supervisor.
void Ring::keep_alive(Node& node) {
    const bool is_long = is_troubled_ && world_.chance(20);
    world_.after(is_long ? world_.between(seconds(10), seconds(50))
                         : world_.between(milliseconds(5), seconds(2)),
                 [this, &node] {
                     node.start();
                     keep_alive(node);
                 });
}

void Ring::keep_jumping() {
    if (trouble_.jump_every == Duration()) return;
    world_.after(world_.between(milliseconds(1), 2 * trouble_.jump_every), [this] {
        if (!is_troubled_) return;
        const std::array<Duration, 3> most{seconds(5), std::chrono::minutes(20),
                                           std::chrono::days(10)};
        const Duration by = most.at(world_.random.below(most.size()));
        world_.jump(world_.between(-by, by));
        keep_jumping();
    });
}

void Ring::keep_filling(ServiceNode& node) {
    if (trouble_.fill_every == Duration()) return;
    world_.after(world_.between(milliseconds(1), 2 * trouble_.fill_every), [this, &node] {
        if (!is_troubled_) return;
        world_.note(fmt::format("the disk of the {} is full", static_cast<Node&>(node).name()));
        node.fill_disk(world_.between(milliseconds(1), seconds(20)));
        keep_filling(node);
    });
}

void Ring::keep_flipping() {
    if (trouble_.flip_every == Duration()) return;
    world_.after(world_.between(milliseconds(1), 2 * trouble_.flip_every), [this] {
        if (!is_troubled_) return;
        storage_.flip_bit();
        keep_flipping();
    });
}

void Ring::keep_cutting(WorkerNode& worker) {
    if (trouble_.cut_every == Duration()) return;
    world_.after(world_.between(milliseconds(1), 2 * trouble_.cut_every), [this, &worker] {
        if (!is_troubled_) return;
        world_.note(worker.name() + " is cut off");
        worker.cut(world_.between(milliseconds(1), seconds(6)));
        keep_cutting(worker);
    });
}

void Ring::end_trouble() {
    world_.note("the trouble ends");
    is_troubled_ = false;
    world_.faults = {};
    for (const auto& client : clients_) client->stop();
    owner_.stop();
    vault_keeper_.stop();
    large_client_.stop();
    mover_.stop();
    backup_.stop();
}

std::vector<std::string> Ring::busy() const {
    std::vector<std::string> names;
    const auto look = [&names](const auto& node) {
        const Node& any = node;
        if (!node.is_idle()) names.push_back(any.name());
    };
    for (const auto& worker : workers_) look(*worker);
    for (const auto& client : clients_) look(*client);
    look(owner_);
    look(vault_keeper_);
    look(large_client_);
    look(mover_);
    look(storage_);
    look(notifier_);
    look(queue_);
    return names;
}

// At rest twice, far enough apart that nothing is on the way any more, and all have read all.
bool Ring::come_to_rest() {
    const Duration deadline = world_.elapsed() + rest_max;
    std::size_t rests = 0;
    Duration look_at = world_.elapsed();
    while (rests < 60 && world_.elapsed() < deadline) {
        if (!world_.step()) return false;
        if (world_.elapsed() < look_at) continue;
        look_at = world_.elapsed() + rest_period;
        rests = busy().empty() ? rests + 1 : 0;
    }
    return rests == 60;
}

void Ring::check_end() {
    storage_.check();
    const auto journal = notifier_.journal();
    changes_.check_journal(journal);
    handovers_.check_end(journal);
    topic_checks_.check_end(journal, notifier_.store());
    mover_.check_end();
}

void Ring::add_to(Counts& counts) const {
    counts.expired += queue_checks_.expired();
    counts.moved += queue_checks_.moved();
    counts.by_tasks += queue_checks_.moved_by_tasks();
    counts.withheld += notifier_.withheld();
    counts.flips += damage_.flips();
    counts.damaged_rows += damage_.rows();
    counts.damaged_jobs += handovers_.damaged();
    counts.backups += backup_.taken();
}

bool Ring::run() {
    choose_faults();
    set_up();
    while (world_.elapsed() < trouble_.trouble_time && world_.step()) {
    }
    if (world_.failure()) return false;
    end_trouble();
    if (!come_to_rest()) {
        world_.broken(fmt::format("the house comes to rest: busy are {}", fmt::join(busy(), ", ")));
        return false;
    }
    check_end();
    if (!world_.failure() && world_.chance(400)) see_damaged_rows();
    return !world_.failure().has_value();
}

// When nothing is on its way: a store that has lost rows cannot know whether its last event was
// taken, and would send it again.
void Ring::see_damaged_rows() {
    storage_.damage_rows();
    if (world_.chance(700)) storage_.crash();
    for (const auto& client : clients_) client->go_on();
    const Duration end = world_.elapsed() + damaged_time;
    while (world_.elapsed() < end && world_.step()) {
    }
    for (const auto& client : clients_) client->stop();
    if (world_.failure()) return;
    if (!come_to_rest()) {
        return world_.broken(fmt::format("the house comes to rest with damaged rows: busy are {}",
                                         fmt::join(busy(), ", ")));
    }
    check_end();
}

}  // namespace onput::sim
