#include "services/function/invoker.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <poll.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "common/auth/principal.hpp"
#include "common/base/digest.hpp"
#include "common/base/log.hpp"
#include "common/schema/invoke.hpp"
#include "common/schema/trace_header.hpp"
#include "common/worker/sandbox_filter.hpp"
#include "services/function/ending_text.hpp"
#include "services/function/limits.hpp"
#include "services/function/process_tree.hpp"
#include "services/function/runtime_api.hpp"

namespace onput::function {
namespace {

constexpr Duration use_period = std::chrono::milliseconds(100);
// Idle environments are looked at once in so many periods.
constexpr std::uint32_t idle_looks = 10;
// Beyond the environments' own age: whoever works in one at its end still can.
constexpr Duration session_time = std::chrono::hours(12);
constexpr int trial_timeout_ms = 10'000;

Isolation isolation_of(const Config& config) {
    return config.isolation == "weak" ? Isolation::weak : Isolation::full;
}

EnvironmentLimits limits_of(const Config& config) {
    return {.environments_max = config.environments_max,
            .per_function_max = config.environments_per_function_max,
            .idle_max = std::chrono::seconds(config.idle_s_max)};
}

// "2026/11/28/[$LATEST]0123456789abcdef0123456789abcdef"
std::string stream_name(Timestamp now, std::string_view version, std::string_view id) {
    const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(now));
    return fmt::format("{:04}/{:02}/{:02}/[{}]{}", static_cast<int>(day.year()),
                       static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()),
                       version, id);
}

std::string_view name_of(Ending::Kind kind) {
    using enum Ending::Kind;
    switch (kind) {
        case answered: return "answered";
        case failed: return "failed";
        case init_failed: return "init_failed";
        case timed_out: return "timed_out";
        case exited: return "exited";
        case out_of_memory: return "out_of_memory";
        case answer_too_big: return "answer_too_big";
        case not_started: return "not_started";
        case cancelled: return "cancelled";
    }
    return "answered";
}

// Of a chain that begins here: "1-6565d8a4-0123456789abcdef01234567".
std::string trace_root(Timestamp now, Random& random) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
    return fmt::format("1-{:08x}-{}", static_cast<std::uint32_t>(seconds.count()), random.hex(24));
}

EnvironmentId id_of(const ChildRuntime& runtime) {
    return EnvironmentId(runtime.id());
}

}  // namespace

Invoker::Invoker(Parts parts, std::unique_ptr<Reactor> reactor, worker::FileDescriptor filter)
    : parts_(std::move(parts)),
      reactor_(std::move(reactor)),
      filter_(std::move(filter)),
      isolation_(isolation_of(parts_.config)),
      core_(limits_of(parts_.config)),
      shipper_(parts_.process.loop(), parts_.config.queue_endpoint),
      use_timer_(parts_.process.loop().every(use_period, [this] { watch_use(); })) {}

Invoker::~Invoker() {
    parts_.process.loop().cancel(use_timer_);
    if (timer_) parts_.process.loop().cancel(*timer_);
}

Result<std::unique_ptr<Invoker>> Invoker::open(Parts parts) {
    ONPUT_TRY(auto filter, worker::make_sandbox_filter());
    ONPUT_TRY_VOID(try_isolation(isolation_of(parts.config), filter, parts.runtime_folder));
    ONPUT_TRY(auto reactor, Reactor::open(parts.process.loop()));
    return std::unique_ptr<Invoker>(
        new Invoker(std::move(parts), std::move(reactor), std::move(filter)));
}

InvocationId Invoker::invoke(InvokeRequest request, Done done) {
    const InvocationId id(++last_invocation_);
    Environments::Invocation invocation{
        .id = id,
        .key = request.key,
        .timeout = std::chrono::seconds(request.definition->function.timeout_s)};
    pending_.emplace(id, Pending{.request = std::move(request), .done = std::move(done)});
    Effects effects;
    core_.invoke(std::move(invocation), now(), effects);
    apply(std::move(effects));
    return id;
}

void Invoker::cancel(InvocationId id) {
    Effects effects;
    core_.cancel(id, effects);
    apply(std::move(effects));
}

void Invoker::forget(InvocationId id) {
    if (const auto found = pending_.find(id); found != pending_.end())
        found->second.done = [](const InvokeOutcome&) {};
    cancel(id);
}

// ---- what a runtime does

void Invoker::on_request(ChildRuntime& runtime, ConnectionId connection,
                         const HttpRequest& request) {
    const EnvironmentId id = id_of(runtime);
    const ApiCall call = read_api_call(request.method, request.target);
    Verdict verdict = Verdict::accepted;
    Effects effects;
    switch (call.kind) {
        case ApiCall::Kind::next:
            verdict = take_next(id, connection);
            // Otherwise the event is the answer.
            if (verdict == Verdict::accepted) return;
            break;
        case ApiCall::Kind::response:
            verdict = take_answer(id, call.request_id, Ending::Kind::answered, request.body);
            break;
        case ApiCall::Kind::error:
            verdict = take_answer(id, call.request_id, Ending::Kind::failed, request.body);
            break;
        case ApiCall::Kind::init_error:
            runtime.read_log();
            // Answered first: the environment is ended for it.
            runtime.answer(connection, answer_verdict(Verdict::accepted));
            core_.init_error(id, request.body, now(), effects);
            return apply(std::move(effects));
        case ApiCall::Kind::unknown: return runtime.answer(connection, answer_unknown_call());
    }
    runtime.answer(connection, answer_verdict(verdict));
}

Verdict Invoker::take_next(EnvironmentId id, ConnectionId connection) {
    Live& live = live_.at(id);
    const ConnectionId before = std::exchange(live.waiter, connection);
    Effects effects;
    const Verdict verdict = core_.next(id, now(), effects);
    if (verdict != Verdict::accepted) live.waiter = before;
    apply(std::move(effects));
    return verdict;
}

Verdict Invoker::take_answer(EnvironmentId id, std::string_view request_id, Ending::Kind kind,
                             std::string payload) {
    Live& live = live_.at(id);
    if (!live.invocation || live.request_id != request_id) return Verdict::wrong_invocation;
    // What the handler wrote before it answered belongs to it.
    live.runtime->read_log();
    Effects effects;
    const Verdict verdict = core_.answer(
        id, *live.invocation, {.kind = kind, .payload = std::move(payload)}, now(), effects);
    apply(std::move(effects));
    return verdict;
}

void Invoker::on_bad_request(ChildRuntime& runtime, ConnectionId connection,
                             const HttpRequest& head, const Error& error) {
    const ApiCall call = read_api_call(head.method, head.target);
    if (error.reason == "body_too_large" && call.kind == ApiCall::Kind::response) {
        static_cast<void>(
            take_answer(id_of(runtime), call.request_id, Ending::Kind::answer_too_big, {}));
    }
    runtime.answer(connection, answer_error(error));
}

void Invoker::on_closed(ChildRuntime& runtime, ConnectionId connection) {
    Live& live = live_.at(id_of(runtime));
    if (live.waiter != connection) return;
    live.waiter = 0;
    Effects effects;
    core_.abandoned(id_of(runtime), effects);
    apply(std::move(effects));
}

void Invoker::on_log(ChildRuntime& runtime, std::string_view bytes) {
    Live& live = live_.at(id_of(runtime));
    shipper_.write(live.log_target, live.log.take(bytes));
}

void Invoker::on_end(ChildRuntime& runtime, int wait_status) {
    const EnvironmentId id = id_of(runtime);
    Effects effects;
    core_.ended(id, describe_exit(wait_status), now(), effects);
    apply(std::move(effects));
    // It is one of its functions that is running.
    const auto found = live_.find(id);
    auto ended = std::make_unique<Live>(std::move(found->second));
    live_.erase(found);
    shipper_.end_line(ended->log_target);
    parts_.process.loop().post([ended = std::move(ended)] {});
}

// ---- what the core says

void Invoker::apply(Effects effects) {
    for (std::size_t i = 0; i < effects.size(); ++i) {
        Effect effect = std::move(effects[i]);
        std::visit([&](auto& what) { perform(what, effects); }, effect);
    }
    watch_time();
}

void Invoker::perform(const Start& start, Effects& more) {
    const auto waiting = std::ranges::find_if(
        pending_, [&](const auto& entry) { return entry.second.request.key == start.key; });
    Result<void> started = fail(ErrorCode::unavailable, "nobody waits for it any more");
    if (waiting != pending_.end())
        started = start_environment(start, waiting->second.request.definition);
    if (started) return;
    log::warn("an environment was not started", {{"error", started.error().message}});
    core_.not_started(start.environment, started.error().message, now(), more);
}

Result<void> Invoker::start_environment(const Start& start,
                                        const std::shared_ptr<const Definition>& definition) {
    ++cold_starts_;
    ONPUT_TRY(auto listeners, open_listeners(isolation_));
    LogTarget target{.account = definition->function.account,
                     .group = log_group(definition->function),
                     .stream = stream_name(parts_.process.loop().now(), definition->version,
                                           parts_.process.random().hex(32))};
    const auto plan = plan_sandbox(
        *definition, surroundings(definition->function, listeners.addresses, target.stream));
    ONPUT_TRY(auto sandbox, Sandbox::start(plan, isolation_, std::move(listeners), filter_));
    const ChildRuntime::Parts parts{
        .reactor = *reactor_, .owner = *this, .endpoint = parts_.endpoint};
    live_.emplace(start.environment, Live{.definition = definition,
                                          .runtime = std::make_unique<ChildRuntime>(
                                              parts, start.environment.get(), std::move(sandbox)),
                                          .log_target = std::move(target)});
    return {};
}

auth::SessionCredentials Invoker::issue(const schema::FunctionInfo& function) {
    if (!parts_.sessions) return {};
    const Timestamp now = parts_.process.loop().now();
    auth::Session session{.account_id = function.account, .expires_at = now + session_time};
    const auto role = auth::parse_principal(function.handler.role_arn);
    if (role && role->kind == auth::NamedPrincipal::Kind::role) {
        // What it may do, and which role has the name, the gateway asks at each request.
        session.limited = auth::LimitedIdentity{
            .path = role->path, .role = role->name, .session = function.name, .issued_at = now};
    } else {
        session.user = "function." + function.name;
    }
    return parts_.sessions->issue(session, secure_random_bytes(auth::session_nonce_bytes));
}

Surroundings Invoker::surroundings(const schema::FunctionInfo& function,
                                   ListenerAddresses addresses, std::string log_stream) {
    auto issued = issue(function);
    return {.isolation = isolation_,
            .runtime_folder = parts_.runtime_folder,
            .python = parts_.config.python,
            .node = parts_.config.node,
            .python_folders = parts_.config.python_folders,
            .region = parts_.config.region,
            .addresses = std::move(addresses),
            .has_endpoint = parts_.endpoint.has_value(),
            .credentials = {.access_key = std::move(issued.access_key),
                            .secret = std::move(issued.secret),
                            .token = std::move(issued.token)},
            .log_stream = std::move(log_stream)};
}

void Invoker::perform(const Send& send, Effects&) {
    Live& live = live_.at(send.environment);
    const Pending& pending = pending_.at(send.invocation);
    const InvokeRequest& request = pending.request;
    live.invocation = send.invocation;
    live.request_id = request.request_id;
    // What was written before belongs to the start, which the first invocation shows.
    if (std::exchange(live.has_run, true)) live.log = {};
    write_log(live, start_line(request.request_id, request.definition->version));
    const Timestamp deadline = parts_.process.loop().now() + (send.deadline - now());
    const std::string trace_header =
        schema::with_invocation(request.trace_header, request.definition->function.arn,
                                trace_root(parts_.process.loop().now(), parts_.process.random()));
    live.runtime->answer(std::exchange(live.waiter, 0),
                         answer_next({.request_id = request.request_id,
                                      .function_arn = request.definition->function.arn,
                                      .deadline = deadline,
                                      .trace_header = trace_header,
                                      .client_context = request.client_context,
                                      .payload = request.payload}));
}

void Invoker::perform(const Stop& stop, Effects&) {
    if (const auto found = live_.find(stop.environment); found != live_.end())
        found->second.runtime->kill();
}

void Invoker::perform(Finish& finish, Effects&) {
    const auto found = pending_.find(finish.invocation);
    if (found == pending_.end()) return;
    Pending pending = std::move(found->second);
    pending_.erase(found);
    ++endings_[finish.ending.kind];
    const schema::FunctionInfo& function = pending.request.definition->function;
    InvokeOutcome outcome{.kind = finish.ending.kind,
                          .payload = {},
                          .sentence = {},
                          .log_tail = {},
                          .duration = finish.ending.duration,
                          .init_duration = finish.ending.init_duration};
    Ended ended{.request_id = pending.request.request_id,
                .ending = finish.ending,
                .timeout = std::chrono::seconds(function.timeout_s),
                .memory_mb = function.handler.memory_mb};
    const auto live = finish.environment ? live_.find(*finish.environment) : live_.end();
    if (live != live_.end()) {
        Live& environment = live->second;
        if (environment.memory_bytes == 0) {
            environment.memory_bytes =
                measure_tree(environment.runtime->pid(), processes_max).memory_bytes;
        }
        ended.memory_bytes = environment.memory_bytes;
        // A start that failed has had no invocation so far.
        if (!environment.has_run)
            write_log(environment,
                      start_line(ended.request_id, pending.request.definition->version));
        write_log(environment, end_lines(ended, parts_.process.loop().now()));
        outcome.log_tail = environment.log.last();
    }
    outcome.memory_bytes = ended.memory_bytes;
    outcome.payload = ending_payload(ended);
    if (is_function_error(finish.ending.kind)) outcome.sentence = error_sentence(ended);
    pending.done(std::move(outcome));
}

void Invoker::write_log(Live& live, std::string_view line) {
    live.log.add(line);
    // What a handler left without an end.
    shipper_.end_line(live.log_target);
    shipper_.write(live.log_target, line);
}

// ---- what is watched

void Invoker::watch_time() {
    const auto next = core_.next_deadline();
    if (next == timer_at_) return;
    if (timer_) parts_.process.loop().cancel(*timer_);
    timer_.reset();
    timer_at_ = next;
    if (!next) return;
    timer_ = parts_.process.loop().after(std::max(*next - now(), Duration::zero()), [this] {
        timer_.reset();
        timer_at_.reset();
        Effects effects;
        core_.tick(now(), effects);
        apply(std::move(effects));
    });
}

void Invoker::watch_use() {
    std::vector<EnvironmentId> too_large;
    for (auto& [id, live] : live_) {
        if (++live.looks % idle_looks != 0 && core_.is_idle(id)) continue;
        const TreeUse use = measure_tree(live.runtime->pid(), processes_max);
        live.memory_bytes = std::max(live.memory_bytes, use.memory_bytes);
        const std::uint64_t allowed = std::uint64_t{live.definition->function.handler.memory_mb}
                                      << 20;
        if (use.memory_bytes > allowed) too_large.push_back(id);
        // Where the kernel does not count them, as for root.
        if (use.processes > processes_max) live.runtime->kill();
    }
    Effects effects;
    for (const EnvironmentId id : too_large) core_.exceeded_memory(id, now(), effects);
    apply(std::move(effects));
}

std::vector<schema::Metric> Invoker::metrics() const {
    std::vector<schema::Metric> all{
        {"onput_function_environments", static_cast<double>(core_.alive())},
        {"onput_function_busy", static_cast<double>(core_.busy())},
        {"onput_function_waiting", static_cast<double>(core_.waiting())},
        {"onput_function_cold_starts_total", static_cast<double>(cold_starts_)}};
    for (const auto& [kind, count] : endings_) {
        all.push_back(
            {fmt::format("onput_function_invocations_total{{ending=\"{}\"}}", name_of(kind)),
             static_cast<double>(count)});
    }
    for (auto& metric : shipper_.metrics()) all.push_back(std::move(metric));
    return all;
}

Result<void> try_isolation(Isolation isolation, const worker::FileDescriptor& filter,
                           const std::string& folder) {
    const auto refused = [](std::string_view why) {
        return fail(ErrorCode::unavailable,
                    fmt::format("this machine cannot isolate handlers: {}; allow user namespaces "
                                "and install bubblewrap, or run with --isolation weak (README)",
                                why),
                    "no_isolation");
    };
    ONPUT_TRY(auto listeners, open_listeners(isolation));
    const SandboxPlan plan{.program = {"/usr/bin/true"}, .code_folder = folder};
    auto sandbox = Sandbox::start(plan, isolation, std::move(listeners), filter);
    if (!sandbox) return refused(sandbox.error().message);
    pollfd wait{.fd = sandbox->end_fd(), .events = POLLIN, .revents = 0};
    if (::poll(&wait, 1, trial_timeout_ms) != 1) return refused("a trial did not end");
    const auto status = sandbox->take_end();
    if (status && *status == 0) return {};
    std::string said(1024, '\0');
    const ssize_t count = ::read(sandbox->log_fd(), said.data(), said.size());
    said.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    while (said.ends_with('\n')) said.pop_back();
    return refused(said.empty() ? describe_exit(status.value_or(1)) : said);
}

}  // namespace onput::function
