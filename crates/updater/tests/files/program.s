@ A program as small as the formats need: a vector table, code, and data that is copied from flash to RAM.
    .syntax unified
    .thumb
    .section .vectors, "a"
    .word 0x20001000
    .word reset + 1
    .space 184, 0x5A
    .section .text, "ax"
    .thumb_func
    .global reset
reset:
    ldr r0, =data_in_flash
    ldr r1, =data
    ldr r2, [r0]
    str r2, [r1]
    b .
    .pool
    .section .data, "aw"
data:
    .word 0x12345678
    .section .bss, "aw", %nobits
    .space 64
