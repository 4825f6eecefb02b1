package org.rbench.sample

import java.io.File
import java.io.IOException

/**
 * What the user touched, by the log's own ids, oldest first: the newest are what the model looks at.
 * It survives the process and an update of the model, being written at each change: beside the file
 * first, then in its place.
 *
 * Not for several threads: the session has one for it.
 */
class Taps(private val file: File, private val most: Int = MOST) {
    private val known = ArrayDeque<String>()

    init {
        if (file.isFile) known += file.readLines().filter { it.isNotEmpty() }.takeLast(most)
    }

    /** Oldest first. */
    val ids: List<String> get() = known.toList()

    /** It is the newest now; once is enough. */
    fun touch(id: String) {
        require(id.isNotEmpty() && '\n' !in id && '\r' !in id) { "no id: '$id'" }
        known.remove(id)
        known.addLast(id)
        while (known.size > most) known.removeFirst()
        write()
    }

    fun remove(id: String) {
        if (known.remove(id)) write()
    }

    /** Forget everything: no file is left either. */
    fun forget() {
        known.clear()
        if (file.exists() && !file.delete()) throw IOException("cannot delete $file")
    }

    private fun write() {
        val beside = File(file.parentFile, "${file.name}.new")
        beside.writeText(known.joinToString("\n", postfix = "\n"))
        if (!beside.renameTo(file)) throw IOException("cannot write $file")
    }

    companion object {
        const val MOST = 1000
    }
}
