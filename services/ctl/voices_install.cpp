// `onput voices install`: natural voices from packages.
#include <cstdlib>
#include <filesystem>
#include <sys/utsname.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/speech/voice_folder.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/voice_pack.hpp"

namespace onput::ctl {
namespace {

// "hibari-tts 0.2.1 is Apache-2.0", a line of each package.
std::string licences_of(const VoicePack& pack) {
    std::string text;
    std::string before;
    for (const PackPackage& package : pack.packages) {
        // A library has a package for each kind of machine.
        if (package.name == before) continue;
        before = package.name;
        text += fmt::format("{} {} is {}\n", package.name, package.version, package.license);
    }
    return text;
}

Result<void> install(const GlobalOptions& global, const VoicesInstallOptions& options,
                     const std::string& folder) {
    const auto pack = find_voice_pack(options.pack);
    if (!pack) {
        return fail(ErrorCode::not_found,
                    fmt::format("there is no voice pack '{}': there are {}", options.pack,
                                fmt::join(voice_pack_names(), ", ")));
    }
    if (folder.empty()) {
        return fail(ErrorCode::invalid_argument, "name a folder with --to");
    }
    if (!global.quiet) fmt::print("{}", licences_of(*pack));
    utsname machine{};
    if (::uname(&machine) != 0) return fail(ErrorCode::internal, "uname failed");
    // pip and npm write here; a folder of its own is gone at the end.
    const FetchPackage fetch = [&](const PackPackage& package) -> Result<std::string> {
        if (!options.from.empty()) return fetch_from(package, options.from);
        std::string wheels = folder + "/.wheels-XXXXXX";
        if (::mkdtemp(wheels.data()) == nullptr)
            return fail(ErrorCode::unavailable, "make a folder in " + folder);
        auto bytes = fetch_package(package, wheels);
        std::error_code ignored;
        std::filesystem::remove_all(wheels, ignored);
        return bytes;
    };
    return install_voice_pack(*pack, machine.machine, folder, fetch);
}

}  // namespace

std::string voices_folder() {
    const char* const named = std::getenv("ONPUT_VOICES_DIR");  // NOLINT(concurrency-mt-unsafe)
    if (named != nullptr && *named != '\0') return named;
    return speech::default_voices_folder();
}

ExitCode run_voices_install(const GlobalOptions& global, const VoicesInstallOptions& options) {
    const std::string folder = options.to.empty() ? voices_folder() : options.to;
    const auto installed = install(global, options, folder);
    if (!installed) return report("voices install", installed.error());
    if (!global.quiet) {
        fmt::print("{} is installed in {}; workers that start from now on speak with it\n",
                   options.pack, folder);
    }
    return ExitCode::ok;
}

}  // namespace onput::ctl
