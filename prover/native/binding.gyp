{
  "target_defaults": {
    "defines": ["NDEBUG"],
    "cflags!": ["-fno-exceptions"],
    "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
    "cflags": ["-fPIC", "-pthread", "-fvisibility=hidden"],
    # gcc warns of its own AVX-512 intrinsics, thousands of times.
    "cflags_cc": ["-std=c++20", "-O3", "-fno-math-errno", "-Wno-uninitialized", "-Wno-maybe-uninitialized"],
    "ldflags": ["-pthread"],
    "xcode_settings": {
      "CLANG_CXX_LANGUAGE_STANDARD": "c++20",
      "CLANG_CXX_LIBRARY": "libc++",
      "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
      "GCC_ENABLE_CPP_RTTI": "YES",
      "GCC_OPTIMIZATION_LEVEL": "3",
      "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
      "MACOSX_DEPLOYMENT_TARGET": "12.0",
      "OTHER_CPLUSPLUSFLAGS": ["-fno-math-errno"]
    }
  },
  "targets": [
    {
      "target_name": "core",
      "type": "static_library",
      "include_dirs": ["core"],
      "sources": ["<!@(node -e \"for (const f of require('fs').readdirSync('core', { recursive: true }).sort()) if (f.endsWith('.cpp')) console.log('core/' + f)\")"]
    },
    {
      "target_name": "zkmargin_native",
      "type": "loadable_module",
      "dependencies": ["core"],
      "defines": ["NAPI_VERSION=8", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS", "NODE_ADDON_API_CPP_EXCEPTIONS", "NODE_ADDON_API_DISABLE_DEPRECATED"],
      "include_dirs": ["core", "<!(node -p \"require('node-addon-api').include_dir\")"],
      "sources": ["<!@(node -e \"for (const f of require('fs').readdirSync('addon').sort()) if (f.endsWith('.cpp')) console.log('addon/' + f)\")"]
    },
    {
      "target_name": "zkmargin-prove",
      "type": "executable",
      "dependencies": ["core"],
      "include_dirs": ["core"],
      "sources": ["program/main.cpp"]
    }
  ]
}
