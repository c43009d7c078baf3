// Voice packs: which packages a natural voice is made of, what is taken from them, and how it is
// installed. deploy/voices/ has the packs that the binary knows.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace onput::ctl {

struct PackFile {
    std::string from;    // Within the package.
    std::string to;      // Below the folder of voices: "hibari/hibari.onnx".
    std::string sha256;  // In lower-case hexadecimal, as below.
};

// A file that comes in pieces, in their order; the pieces are not kept.
struct PackJoin {
    std::string to;
    std::vector<std::string> parts;  // Each the `to` of a PackFile.
    std::string sha256;
};

// A wheel of PyPI, or a package of npm, which is a tar file (.tgz).
struct PackPackage {
    std::string name;
    std::string version;
    std::string license;
    std::string registry;  // "npm"; empty: PyPI.
    std::string machine;   // As uname has it; empty: any.
    std::string python;    // "311"; empty: any. Of this and the platform pip is told.
    std::string platform;  // "manylinux_2_27_x86_64"
    std::string file;
    std::string sha256;
    std::vector<PackFile> take;
};

struct VoicePack {
    std::string name;
    std::string summary;
    std::vector<PackPackage> packages;
    std::vector<PackJoin> joins;
};

// TOML; `source` names it in errors. invalid_argument: what is missing or leads out of the folder.
Result<VoicePack> parse_voice_pack(std::string_view toml, const std::string& source);

// Of the packs in the binary; nothing: there is no such.
std::optional<VoicePack> find_voice_pack(std::string_view name);
std::vector<std::string> voice_pack_names();

// A package's file as bytes; fetch_package() in production.
using FetchPackage = std::function<Result<std::string>(const PackPackage& package)>;

// By `pip download` or `npm pack`, from wherever their own configurations say, into `folder` on the
// way. unavailable: the program is missing or fails; what it says has gone to stderr.
Result<std::string> fetch_package(const PackPackage& package, const std::string& folder);
// A file of a folder: for machines without a network.
Result<std::string> fetch_from(const PackPackage& package, const std::string& folder);

// Fetches what `machine` needs, checks every digest, and puts the files below `folder`, which is
// made. What is there already is replaced folder by folder, each at once: whoever loads the voice
// meanwhile sees the old one or the new one. Nothing is changed when something fails before that.
Result<void> install_voice_pack(const VoicePack& pack, const std::string& machine,
                                const std::string& folder, const FetchPackage& fetch);

}  // namespace onput::ctl
