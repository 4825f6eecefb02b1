import java.security.MessageDigest

plugins {
    id("com.android.application")
    id("org.jetbrains.kotlin.android")
}

android {
    namespace = "org.rbench.sample"
    compileSdk = 35
    defaultConfig {
        applicationId = "org.rbench.sample"
        minSdk = 29
        targetSdk = 35
        versionCode = 1
        versionName = "1.0"
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
    kotlinOptions { jvmTarget = "17" }
    // A model that is not compressed again.
    androidResources { noCompress += "tflite" }
}

dependencies {
    implementation("com.google.ai.edge.litert:litert:1.4.0")
}

/**
 * The bundle of `rbench ship … --to bundle`, into the app: its files as assets, its client as source.
 * Every file is held to SHA256SUMS first; the client verifies them again where it opens them.
 *
 *   ./gradlew assembleDebug -Pbundle=/path/to/bundle
 */
abstract class TakeBundle : DefaultTask() {
    @get:InputDirectory
    abstract val bundle: DirectoryProperty

    @get:OutputDirectory
    abstract val assets: DirectoryProperty

    @get:OutputDirectory
    abstract val sources: DirectoryProperty

    @TaskAction
    fun take() {
        val from = bundle.get().asFile
        val sums = File(from, "SHA256SUMS")
        if (!sums.isFile) throw GradleException("no bundle in $from: rbench ship RUN --to DIR makes one")
        for (line in sums.readLines().filter { it.isNotBlank() }) {
            val (wanted, name) = line.split("  ", limit = 2)
            val content = File(from, name).takeIf { it.isFile }?.readBytes()
                ?: throw GradleException("$name is not in $from")
            val found = MessageDigest.getInstance("SHA-256").digest(content)
                .joinToString("") { "%02x".format(it) }
            if (found != wanted) throw GradleException("$name is not the one that was shipped: sha256 $found")
            val to = when {
                name.endsWith(".kt") -> File(sources.get().asFile, "rbench/$name")
                name.substringAfterLast('.') in listOf("tflite", "json") ->
                    File(assets.get().asFile, "bundle/$name")
                else -> continue
            }
            to.parentFile.mkdirs()
            to.writeBytes(content)
        }
    }
}

val takeBundle = tasks.register<TakeBundle>("takeBundle") {
    bundle = layout.dir(provider { file(findProperty("bundle") ?: "../bundle") })
}

androidComponents.onVariants { variant ->
    variant.sources.assets?.addGeneratedSourceDirectory(takeBundle) { it.assets }
    variant.sources.java?.addGeneratedSourceDirectory(takeBundle) { it.sources }
}
