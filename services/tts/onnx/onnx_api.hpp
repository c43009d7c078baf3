// The few functions of ONNX Runtime's C interface that are used. Internal to onnx_runtime.
//
// OrtGetApiBase() gives a table of functions for a version of the interface. The table only grows,
// and a function keeps its place: the places below are those of version 1 (ORT_API_VERSION 1, whose
// last entry, ReleaseCustomOpDomain, is 101; the project's own static_assert keeps it there).
// Version 16 is asked for: older libraries are refused.
#pragma once

#include <cstddef>
#include <cstdint>

namespace onput::tts::ort {

inline constexpr std::uint32_t api_version = 16;
inline constexpr const char* entry_point = "OrtGetApiBase";

// The runtime's objects, seen as pointers only.
struct Status;
struct Env;
struct Session;
struct SessionOptions;
struct Value;
struct MemoryInfo;
struct ShapeInfo;

struct ApiBase {
    const void* const* (*get_api)(std::uint32_t version);  // Null: the library is older.
    const char* (*get_version_string)();
};

enum class LogLevel : int { error = 3 };
enum class AllocatorType : int { device = 0 };
enum class MemoryType : int { standard = 0 };
enum class ElementType : int { float32 = 1, int64 = 7 };

template <std::size_t place, typename Function>
struct Entry {
    static Function of(const void* const* table) {
        return reinterpret_cast<Function>(const_cast<void*>(table[place]));
    }
};

using GetErrorMessage = Entry<2, const char* (*)(const Status*)>;
using CreateEnv = Entry<3, Status* (*)(LogLevel, const char*, Env**)>;
using CreateSessionFromArray =
    Entry<8, Status* (*)(const Env*, const void*, std::size_t, const SessionOptions*, Session**)>;
using Run = Entry<9, Status* (*)(Session*, const void*, const char* const*, const Value* const*,
                                 std::size_t, const char* const*, std::size_t, Value**)>;
using CreateSessionOptions = Entry<10, Status* (*)(SessionOptions**)>;
using SetIntraOpNumThreads = Entry<24, Status* (*)(SessionOptions*, int)>;
using SetInterOpNumThreads = Entry<25, Status* (*)(SessionOptions*, int)>;
using CreateTensorWithData =
    Entry<49, Status* (*)(const MemoryInfo*, void*, std::size_t, const std::int64_t*, std::size_t,
                          ElementType, Value**)>;
using GetTensorMutableData = Entry<51, Status* (*)(Value*, void**)>;
using GetTensorElementType = Entry<60, Status* (*)(const ShapeInfo*, ElementType*)>;
using GetDimensionsCount = Entry<61, Status* (*)(const ShapeInfo*, std::size_t*)>;
using GetDimensions = Entry<62, Status* (*)(const ShapeInfo*, std::int64_t*, std::size_t)>;
using GetTensorTypeAndShape = Entry<65, Status* (*)(const Value*, ShapeInfo**)>;
using CreateCpuMemoryInfo = Entry<69, Status* (*)(AllocatorType, MemoryType, MemoryInfo**)>;
using ReleaseEnv = Entry<92, void (*)(Env*)>;
using ReleaseStatus = Entry<93, void (*)(Status*)>;
using ReleaseMemoryInfo = Entry<94, void (*)(MemoryInfo*)>;
using ReleaseSession = Entry<95, void (*)(Session*)>;
using ReleaseValue = Entry<96, void (*)(Value*)>;
using ReleaseShapeInfo = Entry<99, void (*)(ShapeInfo*)>;
using ReleaseSessionOptions = Entry<100, void (*)(SessionOptions*)>;

}  // namespace onput::tts::ort
